import { AthenaClient } from '@aws-sdk/client-athena';
import { describe, expect, test } from 'vitest';
import { quarantined } from '../../../bin/command/quarantine/list.ts';
import { readChains, standingsOf } from '../../../bin/command/quarantine/standing.ts';
import type { StagePlace } from '../../../bin/command/stage-place.ts';
import { toyManifest as manifest } from '../../lambdas/simulate/toy.ts';

const PAGE = 1_000;
const COLUMNS = ['partition', 'offset', 'origin', 'reason', 'path', 'day', 'records'];
const NUMBERS = new Set(['partition', 'offset', 'origin', 'records']);
const INFO = COLUMNS.map((Name) => ({ Name, Type: NUMBERS.has(Name) ? 'bigint' : 'varchar' }));

/** An Athena that answers with so many rows, page by page, and counts the pages that were asked for. */
function placeOf(rowsOf: (sql: string) => number) {
  const asked = { pages: 0 };
  const sizes: number[] = [];
  const rowOf = (at: number) => [0, at + 1, 0, 'invalid', 'a', '2026-01-01', 7];
  const cells = (at: number) => ({ Data: rowOf(at).map((value) => ({ VarCharValue: String(value) })) });
  interface Input {
    readonly QueryString?: string;
    readonly QueryExecutionId?: string;
    readonly MaxResults?: number;
    readonly NextToken?: string;
  }
  const send = async ({ input }: { input: Input }) => {
    if (input.QueryString !== undefined)
      return { QueryExecutionId: String(sizes.push(rowsOf(input.QueryString)) - 1) };
    if (input.MaxResults === undefined)
      return { QueryExecution: { Status: { State: 'SUCCEEDED' }, StatementType: 'DML' } };
    asked.pages += 1;
    const [from, rows] = [Number(input.NextToken ?? 0), sizes[Number(input.QueryExecutionId)] ?? 0];
    const to = Math.min(rows, from + PAGE);
    const page = Array.from({ length: to - from }, (_, at) => cells(from + at));
    return {
      ResultSet: { ResultSetMetadata: { ColumnInfo: INFO }, Rows: from === 0 ? [{}, ...page] : page },
      ...(to < rows ? { NextToken: String(to) } : {}),
    };
  };
  const athena = Object.assign(new AthenaClient({ region: 'eu-central-1' }), { send });
  return { place: { athena: { athena, database: 'lake', workGroup: 'g' } } as unknown as StagePlace, asked };
}

describe('what is kept of all that is quarantined', () => {
  test('is what is wanted', async () => {
    // Prepare
    const { place, asked } = placeOf(() => 10_000);

    // Act
    const found = await standingsOf(
      place,
      manifest,
      {},
      { wanted: ({ offset }) => offset === 9_999, most: 1 },
    );

    // Assess
    expect(found.map(({ offset }) => offset)).toEqual([9_999]);
    expect(asked.pages).toBe(10);
  });

  test('has a bound, and no more is read than tells that it is passed', async () => {
    // Prepare
    const [records, chains] = [placeOf(() => 10_000_000), placeOf(() => 10_000_000)];

    // Act
    const found = await Promise.allSettled([
      standingsOf(records.place, manifest, {}, { most: 2_500 }),
      readChains(chains.place, manifest, undefined, 2_500),
    ]);

    // Assess
    for (const one of found)
      expect(one).toMatchObject({ reason: { code: 'MR718', message: expect.stringContaining('2,500') } });
    expect([records.asked.pages, chains.asked.pages]).toEqual([3, 3]);
  });

  test('is in a list so many records, of however many there are', async () => {
    // Prepare: nothing was redriven
    const { place, asked } = placeOf((sql) => {
      if (sql.includes(manifest.tables.bronze)) return 0;
      return sql.includes('COUNT(') ? 1 : 10_000_000;
    });

    // Act
    const { counts, records } = await quarantined(place, manifest, { limit: 20 });

    // Assess
    expect(counts).toMatchObject([{ records: 7, open: 7 }]);
    expect(records).toHaveLength(20);
    expect(asked.pages).toBe(3);
  });
});
