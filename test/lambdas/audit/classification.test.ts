import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { DatasetAudit } from '../../../lambdas/audit/equation.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import {
  auditOf,
  type BronzeRow,
  type Content,
  dated,
  duckdb,
  type Lake,
  manifest,
  type ReasonRow,
  type SilverRow,
} from './lake.ts';

const engine = duckdb();
const datedEngine = duckdb(dated);
afterAll(() => {
  engine.close();
  datedEngine.close();
});

const contents = fc.record({
  meter: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  readAt: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z', '2026-01-02T23:59:59.999Z'),
  count: fc.constantFrom(1, 2, null),
});
const faults = fc.constantFrom('unparseable', 'invalid', 'future', 'too-old');
const records = fc.array(
  fc.record({
    partition: fc.integer({ min: 0, max: 2 }),
    fault: fc.option(faults, { freq: 2 }),
    content: contents,
  }),
  { minLength: 1, maxLength: 25 },
);

interface Expectation {
  lake: Lake;
  ends: Map<number, number>;
  audit: Pick<
    DatasetAudit,
    'positions' | 'silver' | 'identicalDuplicates' | 'superseded' | 'quarantined' | 'bronzePositions'
  >;
}

/** What a faultless system makes of records that arrive in this order, where the first of an identity stays. */
function faultless(
  list: readonly { partition: number; fault: ReasonRow['reason'] | null; content: Content }[],
): Expectation {
  const bronze: BronzeRow[] = [];
  const landed: ReasonRow[] = [];
  const rejected: ReasonRow[] = [];
  const silver: SilverRow[] = [];
  const ends = new Map([0, 1, 2].map((partition) => [partition, 0]));
  const quarantined = { unparseable: 0, invalid: 0, future: 0, 'too-old': 0, conflict: 0 };
  let identicalDuplicates = 0;
  for (const { partition, fault, content } of list) {
    const offset = ends.get(partition) ?? 0;
    ends.set(partition, offset + 1);
    const position = { partition, offset };
    if (fault !== null && fault !== 'conflict') {
      bronze.push({ ...position, verdict: fault, content: null });
      landed.push({ ...position, reason: fault });
      rejected.push({ ...position, reason: fault });
      quarantined[fault] += 1;
      continue;
    }
    bronze.push({ ...position, verdict: 'valid', content });
    const stored = silver.find((row) => row.content.meter === content.meter);
    if (stored === undefined) silver.push({ ...position, content });
    else if (JSON.stringify(stored.content) === JSON.stringify(content)) identicalDuplicates += 1;
    else {
      rejected.push({ ...position, reason: 'conflict' });
      quarantined.conflict += 1;
    }
  }
  const lake = { bronze, landed, rejected, silver };
  const audit = {
    positions: list.length,
    silver: silver.length,
    identicalDuplicates,
    superseded: 0,
    quarantined,
    bronzePositions: list.length,
  };
  return { lake, ends, audit };
}

const RUNS = { numRuns: 15 };

describe('the classification of positions', () => {
  test('gives every position of a faultless lake its one class', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        // Prepare
        const { lake, ends, audit } = faultless(list);
        // Act
        const conclusion = await auditOf(engine, lake, { ends });
        // Assess
        expect(conclusion.audit).toMatchObject({ ...audit, lost: 0, duplicated: 0, disagreed: 0, failed: 0 });
      }),
      RUNS,
    );
  });

  test('gives it in days of a date, too, and finds what is doubled in silver', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        // Prepare
        const days = list.map((one) => ({
          ...one,
          content: { ...one.content, readAt: one.content.readAt.slice(0, 10) },
        }));
        const { lake, ends, audit } = faultless(days);
        const again = lake.silver.map((row) => ({ ...row, offset: row.offset + 1000 }));
        const options = { ends, manifest: dated };
        const times = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-04T00:00:00.000Z' };
        // Act
        const conclusion = await auditOf(datedEngine, lake, options);
        const doubled = await auditOf(
          datedEngine,
          { ...lake, silver: [...lake.silver, ...again] },
          { ...options, times },
        );
        // Assess
        expect(conclusion.audit).toMatchObject({ ...audit, lost: 0, duplicated: 0, disagreed: 0, failed: 0 });
        expect(doubled.audit).toMatchObject({ duplicated: lake.silver.length, lost: 0 });
      }),
      RUNS,
    );
  });

  test('counts a position once that is in bronze and in rejected twice', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        // Prepare
        const { lake, ends, audit } = faultless(list);
        const twice = {
          ...lake,
          bronze: [...lake.bronze, ...lake.bronze],
          rejected: [...lake.rejected, ...lake.rejected],
        };
        // Act
        const conclusion = await auditOf(engine, twice, { ends });
        // Assess
        expect(conclusion.audit).toMatchObject({ ...audit, lost: 0, duplicated: 0, disagreed: 0 });
      }),
      RUNS,
    );
  });

  test.each([
    ['timestamps', manifest, engine],
    ['dates', dated, datedEngine],
  ] as const)(
    'leaves out what retention has deleted, and still catches what it has not: %s',
    async (...of) => {
      // Prepare: 0 and 1 are of the first day, 2 was quarantined on it; 3 and 4 are of the second, 4 is lost
      const [first, second] = ['2026-01-01', '2026-01-02'].map((day) => `${day}T12:00:00.000Z`) as [
        string,
        string,
      ];
      const valid = (offset: number, readAt: string): BronzeRow => ({
        partition: 0,
        offset,
        verdict: 'valid',
        content: { meter: `m${offset}`, readAt, count: 1 },
      });
      const bronze: BronzeRow[] = [
        valid(0, first),
        { ...valid(1, first), at: first },
        { partition: 0, offset: 2, verdict: 'invalid', content: null, at: first },
        valid(3, second),
        valid(4, second),
      ];
      const content = bronze[3]?.content as Content;
      const lake: Lake = {
        bronze,
        landed: [{ partition: 0, offset: 2, reason: 'invalid', at: first }],
        rejected: [],
        silver: [{ partition: 0, offset: 3, content }],
      };
      const ends = new Map([[0, 5]]);
      const [, declared, ask] = of;
      // Act
      const { audit, lost } = await auditOf(ask, lake, { ends, manifest: declared, keptFrom: '2026-01-02' });
      const before = await auditOf(ask, lake, { ends, manifest: declared });
      // Assess
      expect(audit).toMatchObject({ positions: 2, silver: 1, bronzePositions: 2, lost: 1, disagreed: 0 });
      expect(lost).toEqual([{ partition: 0, first: 4, last: 4 }]);
      expect(before.audit).toMatchObject({ positions: 5, lost: 3, disagreed: 1 });
    },
  );

  test('catches any one row of silver that is missing', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.nat(), async (list, pick) => {
        // Prepare
        const { lake, ends } = faultless(list);
        fc.pre(lake.silver.length > 0);
        const gone = lake.silver[pick % lake.silver.length];
        const silver = lake.silver.filter((row) => row !== gone);
        // Act
        const { audit, lost } = await auditOf(engine, { ...lake, silver }, { ends });
        // Assess
        expect(audit.lost).toBeGreaterThan(0);
        expect(lost).toContainEqual(expect.objectContaining({ partition: gone?.partition }));
      }),
      RUNS,
    );
  });

  test('catches any one record that no table knows, unless it failed and waits for redrive', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.nat(), fc.boolean(), async (list, pick, failed) => {
        // Prepare
        const { lake, ends } = faultless(list);
        const gone = lake.bronze[pick % lake.bronze.length] as BronzeRow;
        const elsewhere = (row: { partition: number; offset: number }) =>
          row.partition !== gone.partition || row.offset !== gone.offset;
        const rest = {
          bronze: lake.bronze.filter(elsewhere),
          landed: lake.landed.filter(elsewhere),
          rejected: lake.rejected.filter(elsewhere),
          silver: lake.silver.filter(elsewhere),
        };
        const range = { partition: gone.partition, first: gone.offset, last: gone.offset };
        // Act
        const { audit, lost } = await auditOf(engine, rest, { ends, failures: failed ? [range] : [] });
        // Assess
        expect(audit.positions).toBe(list.length);
        expect(audit.bronzePositions).toBe(list.length - 1);
        if (failed) expect(audit.failed).toBe(1);
        else
          expect(lost).toEqual(
            expect.arrayContaining([expect.objectContaining({ partition: gone.partition })]),
          );
      }),
      RUNS,
    );
  });

  test('catches any one row of silver that is there twice', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.nat(), async (list, pick) => {
        // Prepare
        const { lake, ends } = faultless(list);
        fc.pre(lake.silver.length > 0);
        const twin = lake.silver[pick % lake.silver.length] as SilverRow;
        // Act
        const { audit } = await auditOf(engine, { ...lake, silver: [...lake.silver, twin] }, { ends });
        // Assess
        expect(audit.duplicated).toBe(1);
      }),
      RUNS,
    );
  });

  test('catches an identity that is in silver from two positions', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        // Prepare
        const { lake, ends } = faultless(list);
        const stray = lake.rejected.find(({ reason }) => reason === 'conflict');
        const told = lake.bronze.find(
          (row) => row.partition === stray?.partition && row.offset === stray.offset,
        );
        fc.pre(told?.content !== undefined && told.content !== null);
        const { partition, offset, content } = told as SilverRow;
        const silver = [...lake.silver, { partition, offset, content }];
        // Act
        const { audit } = await auditOf(engine, { ...lake, silver }, { ends });
        // Assess
        expect(audit.duplicated).toBe(1);
      }),
      RUNS,
    );
  });

  test.each([
    ['a number', { count: 77 }],
    ['a number that is gone', { count: null }],
    ['a time, by one millisecond', { readAt: '2026-01-01T00:00:00.002Z' }],
    ['the identity', { meter: 'z' }],
  ])('catches a row of silver in which %s was altered', async (_what, change) => {
    // Prepare
    const content = { meter: 'a', readAt: '2026-01-01T00:00:00.001Z', count: 1 };
    const { lake, ends } = faultless([{ partition: 0, fault: null, content }]);
    const silver = lake.silver.map((row) => ({ ...row, content: { ...row.content, ...change } }));
    // Act
    const { audit } = await auditOf(engine, { ...lake, silver }, { ends });
    // Assess
    expect(audit.disagreed).toBe(1);
  });

  test('catches any one verdict of the landing that is another than that of Spark', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.nat(), async (list, pick) => {
        // Prepare
        const { lake, ends } = faultless(list);
        const at = pick % lake.bronze.length;
        const bronze = lake.bronze.map((row, index): BronzeRow => {
          if (index !== at) return row;
          if (row.verdict === 'invalid') return { ...row, verdict: 'future' };
          return row.verdict === 'valid'
            ? { ...row, verdict: 'invalid', content: null }
            : {
                ...row,
                verdict: 'valid',
                content: { meter: 'x', readAt: '2026-01-01T00:00:00.000Z', count: 1 },
              };
        });
        // Act
        const { audit } = await auditOf(engine, { ...lake, bronze }, { ends });
        // Assess
        expect(audit.disagreed).toBe(1);
      }),
      RUNS,
    );
  });

  test('calls an older version superseded where the newest wins, and an equal one with other content lost', async () => {
    // Prepare
    const newest: Manifest = { ...manifest, onConflict: { kind: 'newest', column: 'read_at' } };
    const version = (offset: number, readAt: string, count: number | null) => ({
      partition: 0,
      offset,
      content: { meter: 'a', readAt, count },
    });
    const rows = [
      version(0, '2026-01-01T00:00:00.000Z', 1),
      version(1, '2026-01-03T00:00:00.000Z', 1),
      version(2, '2026-01-02T00:00:00.000Z', 1),
      version(3, '2026-01-03T00:00:00.000Z', 2),
    ];
    const lake: Lake = {
      bronze: rows.map((row) => ({ ...row, verdict: 'valid' })),
      landed: [],
      rejected: [],
      silver: rows.slice(1, 2),
    };
    // Act
    const { audit, lost } = await auditOf(engine, lake, { ends: new Map([[0, 4]]), manifest: newest });
    // Assess
    expect(audit).toMatchObject({ positions: 4, silver: 1, superseded: 2, lost: 1 });
    expect(lost).toEqual([{ partition: 0, first: 3, last: 3 }]);
  });

  test('counts an empty lake as nothing, and what Kafka holds as lost', async () => {
    // Prepare
    const lake: Lake = { bronze: [], landed: [], rejected: [], silver: [] };
    // Act
    const empty = await auditOf(engine, lake, { ends: new Map([[0, 0]]) });
    const unread = await auditOf(engine, lake, {
      ends: new Map([
        [0, 3],
        [1, 1],
      ]),
    });
    // Assess
    expect(empty.audit).toMatchObject({
      positions: 0,
      lost: 0,
      duplicated: 0,
      disagreed: 0,
      bronzePositions: 0,
    });
    expect(unread.audit).toMatchObject({ positions: 4, lost: 4, bronzePositions: 0 });
  });

  test('counts late rows of silver alone', async () => {
    // Prepare
    const content = { meter: 'a', readAt: '2026-01-01T00:00:00.001Z', count: 1 };
    const { lake, ends } = faultless([
      { partition: 0, fault: null, content },
      { partition: 0, fault: null, content: { ...content, meter: 'b' } },
    ]);
    const silver = lake.silver.map((row, at) => ({ ...row, late: at === 1 }));
    // Act
    const { audit } = await auditOf(engine, { ...lake, silver }, { ends });
    // Assess
    expect(audit.late).toBe(1);
  });
});
