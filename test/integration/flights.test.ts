/**
 * The real flights of 2013 from their file to gold, compared with what DuckDB says of the file itself
 * (test/flights/oracle.py): every model, every analysis, every view, and the windows.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleFilesOf } from '../../bin/command/demo/sample-files.ts';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { dataset } from '../../lib/datasets/flights.ts';
import { BTS_HEADER } from '../../lib/datasets/samples/flights_sample.ts';
import type { AuditJson } from './audit-json.ts';
import { type CommandLine, commandLine } from './clone.ts';

type Row = Readonly<Record<string, unknown>>;

const run = promisify(execFile);
const oracleFile = fileURLToPath(new URL('../flights/oracle.py', import.meta.url));
const FLIGHTS = 336_776;
/** Sums of floating-point numbers depend on their order. */
const SLACK = 1e-9;

let millrace: CommandLine;
let oracle: Readonly<Record<string, readonly Row[]>>;
let file: string;

/** Of tables that are too long to be read row by row, what the oracle says of them. */
const DIGESTS: Readonly<Record<string, string>> = {
  fact_flight: `
    SELECT flight_date, COUNT(*) AS flights, COUNT(DISTINCT flight_id) AS distinct_flights,
      SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) AS cancelled, SUM(CASE WHEN diverted THEN 1 ELSE 0 END) AS diverted,
      SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) AS delayed, SUM(departure_delay_minutes) AS departure_delay,
      SUM(arrival_delay_minutes) AS arrival_delay, SUM(distance) AS distance
    FROM fact_flight GROUP BY flight_date`,
  dim_airport: 'SELECT airport_key FROM dim_airport WHERE zone IS NOT NULL AND name IS NOT NULL',
  dim_airline: 'SELECT airline_key FROM dim_airline WHERE name IS NOT NULL',
  flights_hourly: `
    SELECT CAST(window_start AT TIME ZONE 'UTC' AS date) AS day, COUNT(*) AS windows, SUM(flight_count) AS flights,
      SUM(avg_departure_delay) AS departure_delay, SUM(avg_arrival_delay) AS arrival_delay,
      SUM(max_departure_delay) AS max_delay, SUM(min_departure_delay) AS min_delay
    FROM flights_hourly GROUP BY 1`,
};

async function query(sql: string): Promise<readonly Row[]> {
  return JSON.parse(await millrace.succeed('query', sql, '--format', 'json')) as Row[];
}

const keyOf = (row: Row): string =>
  Object.values(row)
    .map((value) => (typeof value === 'number' && !Number.isInteger(value) ? '' : String(value)))
    .join('|');

/** Rows in the order of their exact values, numbers as numbers. */
function sorted(rows: readonly Row[]): Row[] {
  const typed = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value,
      ]),
    ),
  );
  return typed.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function differences(found: readonly Row[], wanted: readonly Row[]): string[] {
  if (found.length !== wanted.length) return [`${found.length} rows, wanted ${wanted.length}`];
  const others = sorted(wanted);
  return sorted(found).flatMap((row, at) => {
    const other = others[at] ?? {};
    const same = Object.entries(other).every(([name, value]) => {
      const had = row[name] ?? null;
      return typeof value === 'number' && typeof had === 'number'
        ? Math.abs(had - value) <= SLACK * Math.max(1, Math.abs(value))
        : had === value;
    });
    return same ? [] : [`${JSON.stringify(row)}, wanted ${JSON.stringify(other)}`];
  });
}

beforeAll(async () => {
  millrace = await commandLine();
  [file = ''] = await sampleFilesOf(dataset.manifest, millrace.stateDir);
  await millrace.succeed('up', 'flights');
  await millrace.succeed('import', 'flights', file);
  const { stdout } = await run(readToolchain().python, [oracleFile, file], { maxBuffer: 1 << 28 });
  oracle = JSON.parse(stdout);
});

afterAll(async () => {
  await millrace.end();
});

test('every flight is there once, and nothing is lost', async () => {
  // Act
  const audit = JSON.parse(await millrace.succeed('audit', '--wait', '600', '--json')) as AuditJson;

  // Assess
  expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  expect(audit.datasets.flights).toMatchObject({
    positions: FLIGHTS,
    silver: FLIGHTS,
    identicalDuplicates: 0,
  });
});

test.each([
  ...dataset.manifest.gold.map(({ name }) => name),
  ...dataset.manifest.windows.map(({ name }) => name),
  ...dataset.manifest.queries.map(({ name }) => name),
])('%s says what the file says', async (name) => {
  // Act
  const isQuery = dataset.manifest.queries.some((one) => one.name === name);
  const found = await query(DIGESTS[name] ?? (isQuery ? name : `SELECT * FROM ${name}`));

  // Assess
  expect(differences(found, oracle[name] ?? []).slice(0, 5)).toEqual([]);
});

test('importing the file again changes nothing', async () => {
  // Prepare
  const [before] = await query('SELECT COUNT(*) AS flights, MAX(kafka_offset) AS newest FROM flights');

  // Act
  const again = await millrace.succeed('import', 'flights', join(file), '--json');
  await millrace.succeed('import', 'flights', file, '--again', '--from', '2013-01-01', '--to', '2013-01-03');
  const audit = JSON.parse(await millrace.succeed('audit', '--wait', '300', '--json')) as AuditJson;
  const [after] = await query('SELECT COUNT(*) AS flights, MAX(kafka_offset) AS newest FROM flights');

  // Assess
  expect(JSON.parse(again)).toMatchObject({ files: [{ end: 'known' }] });
  expect(after).toEqual(before);
  expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  expect(audit.datasets.flights?.identicalDuplicates).toBe(2_699);
});

test('rows that cannot be flights land in quarantine with their line, and the rest of the file lands', async () => {
  // Prepare: one good row, a time that is none, an airport nobody knows, a row that is cut off
  const good: Readonly<Record<string, string>> = {
    ...{ Year: '2023', Quarter: '2', Month: '6', DayofMonth: '1', DayOfWeek: '4', FlightDate: '2023-06-01' },
    ...{
      Reporting_Airline: 'UA',
      IATA_CODE_Reporting_Airline: 'UA',
      Flight_Number_Reporting_Airline: '1545',
    },
    ...{ OriginAirportID: '11618', Origin: 'EWR', DestAirportID: '12266', Dest: 'IAH' },
    ...{
      CRSDepTime: '0515',
      DepTime: '0517',
      DepDelay: '2.00',
      CRSArrTime: '0819',
      ArrTime: '0830',
      ArrDelay: '11.00',
    },
    ...{ Cancelled: '0.00', Diverted: '0.00' },
  };
  const line = (changes: Readonly<Record<string, string>>) =>
    `${BTS_HEADER.map((column) => ({ ...good, ...changes })[column] ?? '').join(',')},`;
  const bad = join(millrace.stateDir, 'bad.csv');
  const lines = [line({}), line({ CRSDepTime: '2575' }), line({ Origin: 'ZZ9' }), '2023,2,6'];
  await writeFile(bad, `${BTS_HEADER.join(',')},\n${lines.join('\n')}\n`);
  const wrong = join(millrace.stateDir, 'wrong.csv');
  await writeFile(wrong, 'Year,Month\n2023,6\n');

  // Act
  const ended = await millrace.run('import', 'flights', wrong, bad, '--json');
  await millrace.succeed('audit', '--wait', '300');
  const quarantined = await query(
    "SELECT path, detail FROM flights_quarantine WHERE reason = 'invalid' ORDER BY kafka_offset, kafka_partition",
  );
  const landed = await query("SELECT flight_id FROM flights WHERE flight_date = DATE '2023-06-01'");

  // Assess
  const { files } = JSON.parse(ended.stdout) as {
    files: { end: string; rejected: number; error?: { code: string } }[];
  };
  expect(ended.code).not.toBe(0);
  expect(files.map(({ end, rejected, error }) => [end, rejected, error?.code])).toEqual([
    ['failed', 0, 'MR872'],
    ['done', 3, undefined],
  ]);
  expect(landed).toEqual([{ flight_id: '2023-06-01_UA_1545_EWR_IAH_515' }]);
  expect(quarantined.map(({ path }) => path).sort()).toEqual(['$', 'CRSDepTime', 'Origin']);
  expect(quarantined.every(({ detail }) => /bad\.csv/.test(String(detail)))).toBe(true);
});
