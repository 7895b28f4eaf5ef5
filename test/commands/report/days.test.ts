import { describe, expect, test } from 'vitest';
import { daysText, ofDays, type SomeDays, someDays } from '../../../bin/command/report/days.ts';
import { dataset } from '../../../lib/contract/dataset.ts';
import { parcels, parcelsSql } from '../../contract/parcels.ts';

const { manifest } = dataset(parcels, parcelsSql);
const { silver } = manifest.tables;
const column = manifest.partitionTime.column;
const dated = {
  ...manifest,
  fields: manifest.fields.map((one) => (one.column === column ? { ...one, type: 'date' as const } : one)),
};
const DAYS = { from: '2026-03-01', to: '2026-03-03' };
const rowsOf = (condition: string) =>
  `${silver} AS (\n  SELECT * FROM "lake"."${silver}"\n  WHERE ${condition}\n)`;
const ROWS = rowsOf(`"${column}" >= DATE '2026-03-01' AND "${column}" <= DATE '2026-03-03'`);

const restricted = (sql: string, days: SomeDays = DAYS, of: typeof dated | typeof manifest = dated) =>
  ofDays(sql, { manifest: of, database: 'lake', days }, 'busy');

describe('a query of some days', () => {
  test('reads silver by way of an expression of its name', () => {
    // Act, Assess
    expect(restricted(`SELECT 1 FROM ${silver}`)).toBe(`WITH ${ROWS}\nSELECT 1 FROM ${silver}`);
  });

  test.each([
    ['WITH a AS', `WITH ${ROWS}, a AS`],
    ['with a AS', `WITH ${ROWS}, a AS`],
    ['-- With\n/* with\n a */ With\n  a AS', `-- With\n/* with\n a */ WITH ${ROWS},\n  a AS`],
    ['WITH/* one */a AS', `WITH ${ROWS},/* one */a AS`],
  ])('goes on where it begins with %j', (begin, expected) => {
    // Prepare
    const rest = ` (SELECT * FROM ${silver}) SELECT * FROM a`;

    // Act, Assess
    expect(restricted(`${begin}${rest}`)).toBe(`${expected}${rest}`);
  });

  test('may begin with comments that nothing follows on their line', () => {
    // Act
    const sql = restricted(`-- WITH RECURSIVE\nSELECT without FROM ${silver}`);

    // Assess
    expect(sql).toBe(`-- WITH RECURSIVE\nWITH ${ROWS}\nSELECT without FROM ${silver}`);
  });

  test('is no WITH where a name begins so', () => {
    // Act, Assess
    expect(restricted(`withheld ${silver}`)).toBe(`WITH ${ROWS}\nwithheld ${silver}`);
  });

  test.each([
    [{ from: '2026-03-01' }, `"${column}" >= DATE '2026-03-01'`],
    [{ to: '2026-03-03' }, `"${column}" <= DATE '2026-03-03'`],
  ])('is open where %j says nothing', (days, condition) => {
    // Act, Assess
    expect(restricted(`SELECT 1 FROM ${silver}`, days)).toContain(`WHERE ${condition}\n)`);
  });

  test('takes whole days of instants', () => {
    // Act
    const sql = restricted(`SELECT 1 FROM ${silver}`, { from: '2026-02-28', to: '2026-02-28' }, manifest);

    // Assess
    expect(sql).toContain(
      `"${column}" >= TIMESTAMP '2026-02-28 00:00:00.000 UTC' AND "${column}" < TIMESTAMP '2026-03-01 00:00:00.000 UTC'`,
    );
  });

  test.each([
    `WITH RECURSIVE a AS (SELECT 1 FROM ${silver}) SELECT * FROM a`,
    `with -- so\n recursive a AS (SELECT 1 FROM ${silver}) SELECT * FROM a`,
    `WITH ${silver} AS (SELECT 1) SELECT * FROM ${silver}`,
    `WITH a AS (SELECT 1), "${silver}" (n) as (SELECT 1) SELECT * FROM ${silver}`,
  ])('is refused as %j', (sql) => {
    // Act, Assess
    expect(() => restricted(sql)).toThrow(
      expect.objectContaining({ code: 'MR856', where: 'the named query busy' }),
    );
  });

  test.each(['SELECT 1 FROM depots', `SELECT '${silver}' -- ${silver}`, `SELECT 1 FROM lake.${silver}`])(
    'is none where silver is not read by its bare name: %j',
    (sql) => {
      // Act, Assess
      expect(restricted(sql)).toBeUndefined();
    },
  );
});

describe('days', () => {
  test('may be half a range, or none', () => {
    // Act, Assess
    expect(someDays({})).toBeUndefined();
    expect(someDays({ to: '2026-03-01' })).toEqual({ to: '2026-03-01' });
    expect(someDays(DAYS)).toEqual(DAYS);
  });

  test('are not the wrong way round', () => {
    // Act, Assess
    expect(() => someDays({ from: '2026-03-02', to: '2026-03-01' })).toThrow(
      expect.objectContaining({ code: 'MR857' }),
    );
  });

  test('are said in words', () => {
    // Act, Assess
    expect(
      [{}, { from: 'a' }, { to: 'b' }, { from: 'a', to: 'b' }, { from: 'a', to: 'a' }].map(daysText),
    ).toEqual(['all days', 'from a on', 'up to b', 'a to b', 'a']);
  });
});
