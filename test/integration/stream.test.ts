import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditJson, type DatasetAudit, sides } from './audit-json.ts';
import { badInput } from './bad-input.ts';
import { type CommandLine, commandLine } from './clone.ts';
import { minutelyOracle, outlierOracle, p95Oracle } from './oracle.ts';

const EVENTS = 20_000;
const SEED = 7;

let millrace: CommandLine;

async function audit(): Promise<AuditJson> {
  return JSON.parse(await millrace.succeed('audit', '--wait', '180', '--json')) as AuditJson;
}

async function query<Row>(text: string): Promise<Row[]> {
  return JSON.parse(await millrace.succeed('query', text, '--format', 'json')) as Row[];
}

async function ledger() {
  const folder = join(millrace.stateDir, 'ledger');
  const [first = ''] = (await readdir(folder)).sort();
  return JSON.parse(await readFile(join(folder, first), 'utf8'));
}

/** What the audit found, without what it cost. */
function datasetOf(json: AuditJson): Omit<DatasetAudit, 'scannedBytes' | 'seconds'> {
  const iot = json.datasets.iot;
  if (iot === undefined) throw new Error('the audit does not speak of iot');
  const { scannedBytes: _bytes, seconds: _seconds, ...found } = iot;
  return found;
}

beforeAll(async () => {
  millrace = await commandLine();
  await millrace.succeed('up', 'iot');
});

afterAll(async () => {
  await millrace.end();
});

describe('a stream on the real services', () => {
  test('every record that was produced is where the ledger says', async () => {
    // Prepare
    await millrace.succeed('produce', 'iot', '--events', String(EVENTS), '--seed', String(SEED));
    const { expected } = await ledger();

    // Act
    const json = await audit();

    // Assess
    const iot = datasetOf(json);
    expect(json).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
    expect(iot).toEqual({
      positions: expected.records,
      silver: EVENTS,
      identicalDuplicates: expected.identicalDuplicates,
      superseded: 0,
      quarantined: expected.quarantined,
      late: expected.late,
      failed: 0,
      lost: 0,
      duplicated: 0,
      disagreed: 0,
      bronzePositions: expected.records,
      inFlight: 0,
      truncated: false,
      gaps: { lost: [], notInBronze: [], duplicated: [], disagreed: [], unverifiable: [], unread: [] },
    });
  });

  test('the named query and the gold table give the exact p95', async () => {
    // Prepare
    const { startedAt } = await ledger();
    const wanted = await p95Oracle({ seed: SEED, events: EVENTS, startedAt, partitions: 3 });

    // Act
    const asked = await query<Record<string, unknown>>('iot_p95_daily');
    const gold = await query<Record<string, unknown>>(
      'SELECT * FROM iot_p95_daily ORDER BY date, device_type',
    );

    // Assess
    expect(wanted.length).toBeGreaterThan(0);
    for (const rows of [asked, gold]) {
      expect(rows.length).toBe(wanted.length);
      for (const [index, { avg_duration, ...exact }] of wanted.entries()) {
        expect(rows[index]).toMatchObject(exact);
        expect(Math.abs(Number(rows[index]?.avg_duration) / avg_duration - 1)).toBeLessThan(1e-9);
      }
    }
  });

  test('windows, outliers and the approximate p95 agree with plain recomputations', async () => {
    // Prepare
    const { startedAt } = await ledger();
    const production = { seed: SEED, events: EVENTS, startedAt, partitions: 3 };
    const minutes = await minutelyOracle(production);
    const outliers = await outlierOracle(production);

    // Act
    const windows = await query<Record<string, number | string | boolean>>(
      `SELECT date_format(window_start, '%Y-%m-%dT%H:%i') || ' ' || device_type AS label, *
       FROM iot_minutely ORDER BY 1`,
    );
    const flagged = await query<Record<string, string | boolean>>('SELECT * FROM iot_outliers');
    const approximate = await query<Record<string, number>>(
      `SELECT a.events, a.rank_error, a.approximate_quantile,
         (SELECT count(*) FROM iot_events e WHERE CAST(e."timestamp" AS date) = a."date"
            AND e.device_type = a.device_type AND e.event_duration <= a.approximate_quantile) AS below
       FROM iot_p95_intraday a`,
    );

    // Assess
    expect(windows.map((row) => [row.label, row.event_count, row.min_duration, row.max_duration])).toEqual(
      minutes.map((row) => [row.window, row.count, row.min, row.max]),
    );
    for (const [index, { avg, avgValue }] of minutes.entries()) {
      expect(Number(windows[index]?.avg_duration) / avg).toBeCloseTo(1, 9);
      expect(Math.abs(Number(windows[index]?.avg_value) - avgValue)).toBeLessThan(
        1e-9 * Math.max(1, Math.abs(avgValue)),
      );
    }
    expect(windows.some(({ final }) => final === true)).toBe(true);
    expect(windows.some(({ late_rows }) => Number(late_rows) > 0)).toBe(true);
    expect(
      flagged.map((row) => [row.event_id, row.by_z_score, row.by_iqr, row.by_percentile].join(' ')).sort(),
    ).toEqual(outliers);
    expect(approximate.reduce((sum, { events = 0 }) => sum + events, 0)).toBe(EVENTS);
    // The rank of the answer; thrice the 99 % bound leaves no room for chance.
    for (const { events = 0, rank_error = 0, below = 0 } of approximate)
      expect(Math.abs(below / events - 0.95)).toBeLessThanOrEqual(3 * rank_error + 1 / events);
  });

  test('bad input is counted, kept and visible, and stops nothing', async () => {
    // Prepare
    const before = datasetOf(await audit());
    const cases = badInput();
    const file = join(millrace.stateDir, 'bad.ndjson');
    await writeFile(file, Buffer.concat(cases.flatMap(({ value }) => [value, Buffer.from('\n')])));
    const many = (fate: string): number => cases.filter((one) => one.fate === fate).length;

    // Act
    await millrace.succeed('produce', 'iot', '--file', file);
    const json = await audit();

    // Assess
    const after = datasetOf(json);
    const grown = (pick: (one: ReturnType<typeof datasetOf>) => number): number => pick(after) - pick(before);
    expect(grown((one) => one.positions)).toBe(cases.length);
    expect(grown((one) => one.bronzePositions)).toBe(cases.length);
    expect(grown((one) => one.silver)).toBe(many('silver'));
    expect(grown((one) => one.identicalDuplicates)).toBe(many('duplicate'));
    for (const reason of ['unparseable', 'invalid', 'future', 'too-old', 'conflict'] as const) {
      expect
        .soft(
          grown((one) => one.quarantined[reason]),
          reason,
        )
        .toBe(many(reason));
    }
    expect(json).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
    expect(sides(after)[0]).toBe(sides(after)[1]);
    const kept = await query<{ reason: string; records: number }>(
      "SELECT reason, count(*) AS records FROM iot_quarantine WHERE kafka_value IS NOT NULL OR reason = 'unparseable' GROUP BY reason",
    );
    expect(Object.fromEntries(kept.map(({ reason, records }) => [reason, records]))).toEqual(
      after.quarantined,
    );
    const findings = await query(
      'SELECT event_id FROM iot_events WHERE quality_findings IS NOT NULL AND value = 99999',
    );
    expect(findings).toHaveLength(1);
  });

  test('a killed silver driver loses and doubles nothing', async () => {
    // Prepare
    const status = JSON.parse(await millrace.succeed('status', '--json'));
    const driver = status.parts.find((part: { name: string }) => part.name.endsWith('-silver'));
    const before = datasetOf(await audit());

    // Act
    await millrace.succeed('produce', 'iot', '--events', '5000', '--seed', '8');
    process.kill(driver.pid, 'SIGKILL');
    const json = await audit();

    // Assess
    expect(json).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
    expect(datasetOf(json).silver - before.silver).toBe(5000);
  });

  test('maintenance compacts what the batches left, and changes no answer', async () => {
    // Prepare
    const before = datasetOf(await audit());
    const asked = 'SELECT * FROM iot_p95_daily ORDER BY date, device_type';
    const gold = await query(asked);

    // Act
    const run = JSON.parse(await millrace.succeed('run', 'maintain', '--arg', 'min-input-files=2', '--json'));
    const after = datasetOf(await audit());

    // Assess
    const { tables } = run.reported.maintain;
    expect(run.state).toBe('SUCCEEDED');
    expect(tables.iot_events.rewrittenFiles).toBeGreaterThan(1);
    expect(tables.iot_events.after.files).toBeLessThan(tables.iot_events.before.files);
    for (const [name, table] of Object.entries<{ skipped: string[] }>(tables))
      expect.soft(table.skipped, name).toEqual([]);
    expect(after).toEqual(before);
    expect(await query(asked)).toEqual(gold);
  });

  test('down keeps the data, and the stream goes on after up', async () => {
    // Prepare
    const before = datasetOf(await audit());

    // Act
    await millrace.succeed('down');
    const whileDown = await millrace.run('audit');
    await millrace.succeed('up', 'iot');
    await millrace.succeed('produce', 'iot', '--events', '1000', '--seed', '9');
    const json = await audit();

    // Assess
    expect(whileDown.code).toBe(1);
    expect(whileDown.stderr).toContain('MR600');
    expect(json).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
    expect(datasetOf(json).silver - before.silver).toBe(1000);
  });
});
