import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { page, percentile, readReports, readSoak, soakTable, tables, withTables } from '../report.ts';
import { scenarios } from '../scenarios/index.ts';
import { growth, type SoakSample } from '../soak.ts';

describe('docs/reliability.md', () => {
  test('shows the reports that are kept', async () => {
    // Prepare
    const [text, reports, soak] = [await readFile(page, 'utf8'), await readReports(), await readSoak()];

    // Act
    const made = reports.length === 0 ? text : withTables(text, tables(reports));

    // Assess
    expect(soak === undefined ? made : withTables(made, soakTable(soak), 'soak')).toBe(text);
  });

  test('is made of runs of every scenario, all of which passed', async () => {
    for (const { outcomes } of await readReports()) {
      expect(outcomes.map(({ name }) => name)).toEqual(scenarios.map(({ name }) => name));
      expect(outcomes.flatMap(({ faults }) => faults)).toEqual([]);
    }
  });
});

describe('the suite', () => {
  test('has names of their own for its scenarios, and a few quick ones', () => {
    const names = scenarios.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(scenarios.filter(({ quick }) => quick).length).toBeGreaterThan(4);
  });

  test('takes percentiles by nearest rank', () => {
    expect([50, 95, 100].map((percent) => percentile([3, 1, 2, 4], percent))).toEqual([2, 4, 4]);
  });
});

describe('the soak', () => {
  const sample: SoakSample = {
    records: 1,
    driverMiB: 1_000,
    landingMiB: 100,
    brokerMiB: 500,
    stateObjects: 0,
    checkpointObjects: 200,
    progressBytes: 5_000,
    silverObjects: 10,
    bronzeObjects: 10,
  };
  const flat = Array.from({ length: 9 }, (_, day) => ({ ...sample, silverObjects: 10 * (day + 1) }));

  test('has nothing to say of what stays flat', () => {
    expect(growth(flat)).toEqual([]);
  });

  test('names what grows', () => {
    // Prepare
    const grown = flat.map((one, day) => ({
      ...one,
      driverMiB: 1_000 + 300 * day,
      stateObjects: day,
      checkpointObjects: 200 * (day + 1),
      silverObjects: 1_000 * (day + 1),
    }));

    // Act
    const faults = growth(grown);

    // Assess
    expect(faults).toEqual([
      'driverMiB grows: 2200, then 3100',
      'the checkpoint has 1800 objects',
      'there is a state store',
      'silver has 1000 files a day',
    ]);
  });
});
