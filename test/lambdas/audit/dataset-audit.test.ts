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
  { stored, ...standing }: Stage,
  archived: (row: { readonly offset: number }) => boolean = () => true,
): AuditPlace {
  const rows = stored.map((offset) => ({
    partition: 0,
    offset,
    at: at(offset),
    content: { meter: `m${offset}`, readAt: at(offset), count: 1 },
  }));
  const bronze = rows.filter(archived).map((row) => ({ ...row, verdict: 'valid' as const }));
  return placeWith(standing, { bronze, landed: [], rejected: [], silver: rows });
}

/** @param standing `begun`: hours after START at which the topic took its first record */
function placeWith(
  { low, high, landed, silver, begun = 0 }: Omit<Stage, 'stored'> & { readonly begun?: number },
  lake: Lake,
  topicSince?: string,
): AuditPlace {
  const kafka: KafkaView = {
    offsets: async () => ({ low: new Map([[0, low]]), high: new Map([[0, high]]) }),
    offsetsAt: async (_topic, ms) =>
      new Map([[0, Math.min(high, Math.max(low, Math.ceil((ms - START) / HOUR_MS) - begun))]]),
    committed: async () => new Map([[0, landed]]),
    readable: async (_topic, ranges) => [...ranges],
  };
  const progress = { partitions: { 0: { until: silver } }, topicSince };
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

describe('a stream that was moved to another topic', () => {
  // The topic before took a record an hour up to `at(9)`; the new one, from `at(20)` on, has other records.
  const stored = (offset: number, hour: number, meter: string, count = 1) => ({
    partition: 0,
    offset,
    at: at(hour),
    content: { meter, readAt: at(hour), count },
  });
  const before = run(0, 9).map((offset) => stored(offset, offset, `old${offset}`));
  const since = run(0, 4).map((offset) => stored(offset, 20 + offset, `new${offset}`));
  const standing = { low: 0, high: 5, landed: 5, silver: 5 };
  const valid = <T>(row: T) => ({ ...row, verdict: 'valid' as const });
  const reasons = [0, 3].map((offset) => ({
    partition: 0,
    offset,
    at: at(offset),
    reason: 'invalid' as const,
  }));

  function moved(
    silver: Lake['silver'],
    { topicSince, bronze = since }: { topicSince?: string; bronze?: typeof since } = {},
  ): AuditPlace {
    return placeWith(
      { ...standing, begun: 20 },
      {
        bronze: [...before, ...bronze].map(valid),
        landed: reasons,
        rejected: reasons,
        silver: [...before, ...silver],
      },
      topicSince,
    );
  }
  const topicSince = new Date(START + 9 * HOUR_MS + 1).toISOString();

  test.each([
    ['all positions', undefined, 5],
    ['times around', { from: at(2), to: at(22) }, 2],
    ['times of the new topic', { from: at(21) }, 4],
    ['times of the topic before', { from: at(1), to: at(5) }, 0],
  ])('is audited by what the new one took: %s', async (_what, times, positions) => {
    // Act
    const { audit, gaps, ...rest } = await auditDataset(moved(since, { topicSince }), {
      whole: true,
      ...(times === undefined ? {} : { times }),
    });

    // Assess
    expect(audit).toMatchObject({ positions, silver: positions, bronzePositions: positions });
    expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0, failed: 0 });
    expect(gaps).toMatchObject({ notInBronze: [], unverifiable: [], unread: [] });
    expect(rest).toMatchObject({ topicSince, inFlight: 0 });
  });

  test('hides no loss behind rows of the topic before', async () => {
    // Prepare
    const lacking = since.filter(({ offset }) => offset !== 3);

    // Act
    const inSilver = await auditDataset(moved(lacking, { topicSince }), { whole: true });
    const everywhere = await auditDataset(moved(lacking, { topicSince, bronze: lacking }), { whole: true });

    // Assess
    expect(inSilver.gaps).toMatchObject({ lost: [named(3, 3)], notInBronze: [] });
    expect(everywhere.gaps).toMatchObject({ lost: [named(3, 3)], notInBronze: [named(3, 3)] });
  });

  test('has its twins among the rows of the topic before, even at the same position', async () => {
    // Prepare: the new topic repeats a record, as a copy of the topic before does
    const bronze = since.map((row) =>
      row.offset === 3 ? { ...row, content: stored(3, 3, 'old3').content } : row,
    );
    const silver = bronze.filter(({ offset }) => offset !== 3);

    // Act
    const { audit } = await auditDataset(moved(silver, { topicSince, bronze }), { whole: true });

    // Assess
    expect(audit).toMatchObject({ positions: 5, silver: 4, identicalDuplicates: 1, lost: 0, duplicated: 0 });
  });

  test('finds an identity doubled that a row of the topic before has', async () => {
    // Prepare
    const silver = since.map((row) =>
      row.offset === 2 ? { ...row, content: stored(2, 1, 'old1').content } : row,
    );

    // Act
    const { audit, gaps } = await auditDataset(moved(silver, { topicSince, bronze: silver }), {
      whole: true,
    });

    // Assess
    expect(audit).toMatchObject({ silver: 5, duplicated: 1 });
    expect(gaps.duplicated[0]?.positions).toEqual([
      { partition: 0, offset: 1 },
      { partition: 0, offset: 2 },
    ]);
  });

  test('is misjudged where nothing says that it was moved', async () => {
    // Act
    const { audit, ...rest } = await auditDataset(moved(since), { whole: true });

    // Assess
    expect(audit.disagreed).toBeGreaterThan(0);
    expect(rest).not.toHaveProperty('topicSince');
  });
});
