import { afterAll, describe, expect, test } from 'vitest';
import { examineTables } from '../../../lambdas/audit/tables.ts';
import { auditOf, type Content, duckdb, type Lake, manifest, type SilverRow } from './lake.ts';

const engine = duckdb();
afterAll(() => engine.close());

const HOURS = 6;
const RECORDS_AN_HOUR = 5;
const PARTITIONS = [0, 1];
const DAY = '2026-01-01';
const timeOf = (hour: number) => `${DAY}T${String(hour + 12).padStart(2, '0')}:00:00.000Z`;
const ends = new Map(PARTITIONS.map((partition) => [partition, HOURS * RECORDS_AN_HOUR]));

/** Offsets, and times, of one hour of each partition. */
const hour = (at: number) => ({
  first: new Map(PARTITIONS.map((partition) => [partition, at * RECORDS_AN_HOUR])),
  ends: new Map(PARTITIONS.map((partition) => [partition, (at + 1) * RECORDS_AN_HOUR])),
  times: { from: timeOf(at), to: timeOf(at + 1) },
});

/** Each record of every hour is in bronze; each second one comes again, the same, an hour later. */
function sound(): Lake {
  const all = PARTITIONS.flatMap((partition) =>
    Array.from({ length: HOURS * RECORDS_AN_HOUR }, (_, offset) => {
      const own = Math.floor(offset / RECORDS_AN_HOUR);
      const again = own > 0 && offset % 2 === 0;
      const origin = again
        ? offset - RECORDS_AN_HOUR - ((offset - RECORDS_AN_HOUR) % 2 === 0 ? 1 : 0)
        : offset;
      const content: Content = { meter: `m${partition}-${origin}`, readAt: timeOf(0), count: origin };
      return { partition, offset, at: timeOf(own), content, again };
    }),
  );
  return {
    bronze: all.map(({ again: _, ...row }) => ({ ...row, verdict: 'valid' as const })),
    landed: [],
    rejected: [],
    silver: firstOfEach(all),
  };
}

function firstOfEach(rows: readonly SilverRow[]): SilverRow[] {
  const byMeter = new Map<string, SilverRow>();
  for (const { partition, offset, at, content } of rows)
    if (!byMeter.has(content.meter))
      byMeter.set(content.meter, { partition, offset, content, ...(at === undefined ? {} : { at }) });
  return [...byMeter.values()];
}

const isAt = (partition: number, offset: number) => (row: { partition: number; offset: number }) =>
  row.partition === partition && row.offset === offset;

/** The position that is damaged: of the hour 3. */
const [PARTITION, OFFSET] = [1, 3 * RECORDS_AN_HOUR];
const odd = OFFSET % 2 === 1 ? OFFSET : OFFSET + 1;
const here = { partition: PARTITION, first: odd, last: odd };
const lake = sound();
const victim = lake.silver.find(isAt(PARTITION, odd)) as SilverRow;
/** The same content again, so that silver without the row has no other of the identity. */
const alone = (row: { content: Content | null; offset: number }) =>
  row.content?.meter !== victim.content.meter || row.offset === odd;

const lost: Lake = {
  ...lake,
  bronze: lake.bronze.filter(alone),
  silver: lake.silver.filter((row) => row !== victim),
};
const doubled: Lake = { ...lake, silver: [...lake.silver, victim] };
const altered: Lake = {
  ...lake,
  silver: lake.silver.map((row) =>
    row === victim ? { ...row, content: { ...row.content, count: 999 } } : row,
  ),
};
const notLanded: Lake = { ...lake, bronze: lake.bronze.filter((row) => !isAt(PARTITION, odd)(row)) };

describe('an audit of a range of time', () => {
  test.each(Array.from({ length: HOURS }, (_, at) => at))(
    'finds hour %i of a sound lake sound',
    async (at) => {
      // Act
      const { audit, found } = await auditOf(engine, lake, hour(at));

      // Assess
      expect(audit).toMatchObject({
        positions: PARTITIONS.length * RECORDS_AN_HOUR,
        bronzePositions: PARTITIONS.length * RECORDS_AN_HOUR,
        lost: 0,
        duplicated: 0,
        disagreed: 0,
      });
      expect(audit.silver + audit.identicalDuplicates).toBe(audit.positions);
      expect(found).toMatchObject({ unaccounted: [], disagreed: [], notInBronze: [], doubled: [] });
    },
  );

  test.each([
    ['a lost position', lost, { lost: 1 }, { unaccounted: [here] }],
    [
      'a doubled identity',
      doubled,
      { duplicated: 1 },
      {
        doubled: [
          {
            identity: { meter: victim.content.meter },
            positions: [
              { partition: PARTITION, offset: odd },
              { partition: PARTITION, offset: odd },
            ],
          },
        ],
      },
    ],
    ['an altered value', altered, { disagreed: 1 }, { disagreed: [here] }],
    ['a position that is not in bronze', notLanded, { bronzePositions: 9 }, { notInBronze: [here] }],
  ])('names %s in its hour and in no other', async (_what, damaged, counted, named) => {
    // Act
    const within = await auditOf(engine, damaged, hour(3));
    const beside = await Promise.all([1, 2, 5].map((at) => auditOf(engine, damaged, hour(at))));
    const whole = await auditOf(engine, damaged, { ends });

    // Assess
    expect(within.audit).toMatchObject(counted);
    expect(within.found).toMatchObject(named);
    expect(whole.found).toMatchObject(named);
    for (const { audit, found } of beside) {
      expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0, bronzePositions: audit.positions });
      expect(found).toMatchObject({ unaccounted: [], disagreed: [], notInBronze: [], doubled: [] });
    }
  });

  test('names a record that no table knows', async () => {
    // Prepare
    const damaged = { ...lost, bronze: lost.bronze.filter((row) => !isAt(PARTITION, odd)(row)) };

    // Act
    const within = await auditOf(engine, damaged, hour(3));

    // Assess
    expect(within.lost).toEqual([here]);
  });
});

describe('quarantine', () => {
  const at = timeOf(0);
  const position = { partition: 0, offset: 0, at };
  const broken: Lake = {
    bronze: [{ ...position, verdict: 'invalid', content: null }],
    landed: [{ ...position, reason: 'invalid' }],
    rejected: [{ ...position, reason: 'invalid' }],
    silver: [],
  };
  const one = new Map([[0, 1]]);
  const named = [{ partition: 0, first: 0, last: 0 }];

  test('that agrees with bronze is sound', async () => {
    // Act
    const { audit } = await auditOf(engine, broken, { ends: one });

    // Assess
    expect(audit).toMatchObject({ lost: 0, disagreed: 0, quarantined: { invalid: 1 } });
  });

  test.each<[string, Lake]>([
    ['lacks a record', { ...broken, landed: [] }],
    ['has another reason', { ...broken, landed: [{ ...position, reason: 'future' }] }],
    [
      'has what is valid',
      {
        bronze: [{ ...position, verdict: 'valid', content: victim.content }],
        landed: [{ ...position, reason: 'invalid' }],
        rejected: [],
        silver: [{ ...position, content: victim.content }],
      },
    ],
  ])('that %s disagrees, whether silver has come to it or not', async (_what, damaged) => {
    // Act
    const [read, unread] = [
      await auditOf(engine, damaged, { ends: one }),
      await auditOf(engine, damaged, { ends: one, processed: new Map() }),
    ];

    // Assess
    for (const { audit, found } of [read, unread]) {
      expect(audit.disagreed).toBe(1);
      expect(found.disagreed).toEqual(named);
    }
  });

  test('that is not written yet is not missing, nor is what silver has not come to', async () => {
    // Act
    const [landing, silver] = [
      await auditOf(engine, { ...broken, landed: [] }, { ends: one, landed: new Map() }),
      await auditOf(engine, { ...broken, rejected: [] }, { ends: one, processed: new Map() }),
    ];

    // Assess
    expect(landing.audit.disagreed).toBe(0);
    expect(silver.audit.disagreed).toBe(0);
  });

  test('that retention has emptied is not missing', async () => {
    // Act
    const { audit } = await auditOf(
      engine,
      { ...broken, landed: [], rejected: [] },
      { ends: one, keptFrom: '2026-01-02' },
    );

    // Assess
    expect(audit).toMatchObject({ positions: 0, disagreed: 0 });
  });
});

test('twins are sought in the days that have any of the positions, and in none between', async () => {
  // Prepare: one row is a year late
  const rows = ['2025-01-01', '2026-01-01', '2026-01-02'].map((day, offset) => ({
    partition: 0,
    offset,
    content: { meter: `m${offset}`, readAt: `${day}T12:00:00.000Z`, count: 1 },
  }));
  const statements: string[] = [];
  const late: Lake = {
    bronze: rows.map((row) => ({ ...row, verdict: 'valid' as const })),
    landed: [],
    rejected: [],
    silver: rows,
  };

  // Act
  const times = { from: '2026-01-03T00:00:00.000Z', to: '2026-01-04T00:00:00.000Z' };
  const three = new Map([[0, 3]]);
  const { silver } = await examineTables(
    (text) => {
      statements.push(text);
      return engine.ask(late, text);
    },
    { manifest, horizon: three, processed: three, times },
  );

  // Assess
  const text = statements.find((one) => one.includes('silver_rows')) ?? '';
  expect(silver).toEqual({ rows: 3, duplicated: 0, late: 0 });
  for (const bound of ['2025-01-01', '2025-01-02', '2026-01-01', '2026-01-03'])
    expect(text).toContain(`TIMESTAMP '${bound} 00:00:00.000 UTC'`);
});
