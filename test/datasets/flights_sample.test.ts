import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sourceFor } from '../../bin/command/import/source.ts';
import { compileJudge } from '../../lib/contract/judge.ts';
import { compileMapping } from '../../lib/contract/mapper.ts';
import { dataset } from '../../lib/datasets/flights_sample.ts';
import { referencesOf } from '../../lib/datasets/references.ts';
import { BTS_HEADER, sampleFiles } from '../../lib/datasets/samples/flights_sample.ts';
import { readFileRows } from './read-file.ts';

const { manifest } = dataset;
const folder = await mkdtemp(join(tmpdir(), 'millrace-sample-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Paths of the sample files, made in an own folder. */
const madeIn = (name: string) => sampleFiles({ pythonPackages: '', folder: join(folder, name) });

const [file = ''] = await madeIn('first');
const { columns, rows } = await readFileRows(file);
const files = manifest.sources.filter((source) => source.kind === 'file');
const mapper = compileMapping(sourceFor(columns, files, file).mapping, referencesOf(manifest));
const mapped = rows.map(({ row }) => mapper(row));
const events = mapped.flatMap((one) => ('event' in one ? [one.event] : []));

const CAUSES = ['carrier_delay', 'weather_delay', 'nas_delay', 'security_delay', 'late_aircraft_delay'];

describe('the made-up flights', () => {
  it('stand in a file of the 109 columns of BTS', () => {
    // Assess
    expect(columns).toHaveLength(109);
    expect(columns).toEqual(BTS_HEADER);
    expect(new Set(columns).size).toBe(109);
    expect([columns[0], columns[5], columns[29], columns[60], columns[61], columns[108]]).toEqual([
      'Year',
      'FlightDate',
      'CRSDepTime',
      'LateAircraftDelay',
      'FirstDepTime',
      'Div5TailNum',
    ]);
  });

  it('are the same bytes every time', async () => {
    // Act
    const again = await madeIn('second');

    // Assess
    expect(again).toHaveLength(1);
    expect((await readFile(again[0] ?? '')).equals(await readFile(file))).toBe(true);
  });

  it('are of the source `bts`, which rejects none', () => {
    // Assess
    expect(sourceFor(columns, files, file).name).toBe('bts');
    expect(rows.filter(({ fault }) => fault !== undefined)).toEqual([]);
    expect(mapped.filter((one) => 'rejected' in one).slice(0, 3)).toEqual([]);
    expect(events).toHaveLength(24_000);
  });

  it('are events that the judge takes, each of its own identity', () => {
    // Prepare
    const judge = compileJudge(manifest);
    const now = Date.parse('2026-01-01T00:00:00.000Z');

    // Act
    const refused = events.filter(
      (event) => judge(Buffer.from(JSON.stringify(event)), now).verdict !== 'valid',
    );

    // Assess
    expect(refused.slice(0, 3)).toEqual([]);
    expect(manifest.identity.length).toBeGreaterThan(0);
    const identities = events.map((event) =>
      JSON.stringify(manifest.identity.map((column) => event[column])),
    );
    expect(new Set(identities).size).toBe(events.length);
  });

  it('that arrive 15 minutes late or more say why: the causes add up to the delay', () => {
    // Prepare
    const late = events.filter(({ arr_delay }) => typeof arr_delay === 'number' && arr_delay >= 15);
    const others = events.filter((event) => !late.includes(event));

    // Act
    const wrong = late.filter(
      (event) => CAUSES.reduce((sum, cause) => sum + Number(event[cause]), 0) !== event.arr_delay,
    );

    // Assess
    expect(late.length).toBeGreaterThan(1_000);
    expect(wrong).toEqual([]);
    expect(others.filter((event) => CAUSES.some((cause) => event[cause] != null))).toEqual([]);
    for (const cause of CAUSES) expect(late.some((event) => Number(event[cause]) > 0)).toBe(true);
  });

  it('that are cancelled say why, and only they', () => {
    // Act
    const codes = (cancelled: boolean) =>
      new Set(
        events.filter((event) => event.cancelled === cancelled).map((event) => event.cancellation_code),
      );

    // Assess
    expect([...codes(true)].sort()).toEqual(['A', 'B', 'C', 'D']);
    expect([...codes(false)]).toEqual([null]);
  });

  it('are of carriers that no one flies with', () => {
    // Act
    const carriers = new Set(events.map(({ airline }) => airline));

    // Assess
    expect([...carriers].sort()).toEqual(['X1', 'X2', 'X3', 'X4', 'X5']);
  });
});
