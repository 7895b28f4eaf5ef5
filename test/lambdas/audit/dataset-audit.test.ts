import { AthenaClient } from '@aws-sdk/client-athena';
import { NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { type AuditPlace, auditDataset } from '../../../lambdas/audit/dataset-audit.ts';
import type { KafkaView } from '../../../lambdas/audit/kafka.ts';
import { duckdb, type Lake, manifest } from './lake.ts';

const engine = duckdb();
afterAll(() => engine.close());

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const at = (offset: number) => new Date(START + offset * HOUR_MS).toISOString();
const run = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const named = (first: number, last: number) => ({ partition: 0, first, last });

/** A stage whose topic took a record an hour. */
interface Stage {
  readonly low: number;
  readonly high: number;
  readonly landed: number;
  readonly silver: number;
  /** Offsets that bronze and silver have. */
  readonly stored: readonly number[];
}

function placeOf(
  { low, high, landed, silver, stored }: Stage,
  archived: (row: { readonly offset: number }) => boolean = () => true,
): AuditPlace {
  const rows = stored.map((offset) => ({
    partition: 0,
    offset,
    at: at(offset),
    content: { meter: `m${offset}`, readAt: at(offset), count: 1 },
  }));
  const bronze = rows.filter(archived).map((row) => ({ ...row, verdict: 'valid' as const }));
  const lake: Lake = { bronze, landed: [], rejected: [], silver: rows };
  const kafka: KafkaView = {
    offsets: async () => ({ low: new Map([[0, low]]), high: new Map([[0, high]]) }),
    offsetsAt: async (_topic, ms) =>
      new Map([[0, Math.min(high, Math.max(low, Math.ceil((ms - START) / HOUR_MS)))]]),
    committed: async () => new Map([[0, landed]]),
    readable: async (_topic, ranges) => [...ranges],
  };
  const progress = { partitions: { 0: { until: silver } } };
  return {
    manifest,
    kafka,
    athena: athenaOf(lake),
    s3: s3Of({ [`progress/${manifest.dataset}/silver.json`]: JSON.stringify(progress) }),
    database: 'lake',
    workGroup: 'group',
    stateBucket: 'state',
    failuresBucket: 'failures',
    landingGroup: 'group',
  };
}

/** Answers the three calls of a query by DuckDB. */
function athenaOf(lake: Lake): AthenaClient {
  const answers = new Map<string, Record<string, unknown>[]>();
  return Object.assign(new AthenaClient({ region: 'eu-central-1' }), {
    send: async ({ input }: { input: Record<string, string> }) => {
      if (input.QueryString !== undefined) {
        const id = `${answers.size}`;
        answers.set(id, []);
        answers.set(id, await engine.ask(lake, input.QueryString));
        return { QueryExecutionId: id };
      }
      const rows = answers.get(input.QueryExecutionId ?? '') ?? [];
      const names = Object.keys(rows[0] ?? {});
      const texts = (row: Record<string, unknown>) => ({
        Data: names.map((name) => (row[name] === null ? {} : { VarCharValue: String(row[name]) })),
      });
      return {
        QueryExecution: { Status: { State: 'SUCCEEDED' }, StatementType: 'DML' },
        ResultSet: {
          ResultSetMetadata: { ColumnInfo: names.map((Name) => ({ Name, Type: 'varchar' })) },
          Rows: [{}, ...rows.map(texts)],
        },
      };
    },
  });
}

function s3Of(objects: Readonly<Record<string, string>>): S3Client {
  const send = async ({ input: { Key } }: { input: { Key?: string } }) => {
    if (Key === undefined) return {};
    const text = objects[Key];
    if (text === undefined) throw new NoSuchKey({ message: Key, $metadata: {} });
    return { Body: { transformToString: async () => text } };
  };
  return Object.assign(new S3Client({ region: 'eu-central-1' }), { send });
}

describe('where bronze forgets before silver does', () => {
  const DAYS = 24;
  // Ten days of records; bronze has the last three, silver all.
  const standing = { low: 235, high: 240, landed: 240, silver: 240, stored: run(0, 239) };
  const whole = placeOf(standing, (row) => row.offset >= 7 * DAYS);
  const declared = { ...whole, manifest: { ...manifest, archiveDays: 3 } };
  const now = START + 10 * DAYS * HOUR_MS - 1;

  test('an audit is of what bronze still has', async () => {
    // Act
    const found = await auditDataset(declared, { whole: true }, now);
    const earlier = await auditDataset(declared, { whole: true, times: { from: at(0), to: at(24) } }, now);
    const all = await auditDataset(whole, { whole: true }, now);

    // Assess
    expect(found.audit).toMatchObject({ positions: 3 * DAYS, silver: 3 * DAYS, lost: 0 });
    expect(found.gaps).toMatchObject({ notInBronze: [], unverifiable: [], unread: [] });
    expect(earlier.audit).toMatchObject({ positions: 0, lost: 0 });
    expect(earlier.gaps).toMatchObject({ notInBronze: [], unverifiable: [] });
    expect(all.gaps.notInBronze).toEqual([named(0, 7 * DAYS - 1)]);
  });
});

describe('records that age out of Kafka before they land', () => {
  const standing = { low: 150, high: 200, landed: 100, silver: 100, stored: run(0, 99) };
  const ofTimes = { times: { from: at(100), to: at(124) }, whole: false };

  test('are lost, in the range of their times and in the whole', async () => {
    // Act
    const [ranged, before, whole] = [
      await auditDataset(placeOf(standing), ofTimes),
      await auditDataset(placeOf(standing), { times: { from: at(50), to: at(74) }, whole: false }),
      await auditDataset(placeOf(standing), { whole: false }),
    ];

    // Assess
    for (const { audit, gaps } of [ranged, whole]) {
      expect(audit.lost).toBe(50);
      expect(gaps).toMatchObject({
        lost: [named(100, 149)],
        notInBronze: [named(100, 149)],
        unverifiable: [],
      });
    }
    expect(before.audit).toMatchObject({ positions: 24, lost: 0, bronzePositions: 24 });
    expect(before.gaps.unverifiable).toEqual([]);
  });

  test('cannot be told once the landing has gone on after them', async () => {
    // Prepare
    const goneOn = { ...standing, landed: 200, silver: 200, stored: [...run(0, 99), ...run(150, 199)] };

    // Act
    const [ranged, whole] = [
      await auditDataset(placeOf(goneOn), ofTimes),
      await auditDataset(placeOf(goneOn), { whole: false }),
    ];

    // Assess
    for (const { audit, gaps } of [ranged, whole]) {
      expect(audit.lost).toBe(0);
      expect(gaps.unverifiable).toEqual([named(100, 149)]);
    }
  });

  test('cannot be told of the tail of a range of which bronze has the first part', async () => {
    // Prepare
    const stored = [...run(0, 109), ...run(140, 199)];

    // Act
    const { audit, gaps } = await auditDataset(
      placeOf({ ...standing, landed: 200, silver: 200, stored }),
      ofTimes,
    );

    // Assess
    expect(audit).toMatchObject({ positions: 10, lost: 0 });
    expect(gaps.unverifiable).toEqual([named(110, 139)]);
  });

  test('are lost where Kafka still has them and the lake does not', async () => {
    // Prepare
    const stored = [...run(0, 109), ...run(140, 199)];

    // Act
    const { audit, gaps } = await auditDataset(
      placeOf({ ...standing, low: 0, landed: 200, silver: 200, stored }),
      ofTimes,
    );

    // Assess
    expect(audit).toMatchObject({ positions: 24, lost: 14 });
    expect(gaps).toMatchObject({ lost: [named(110, 123)], unverifiable: [], unread: [] });
  });
});
