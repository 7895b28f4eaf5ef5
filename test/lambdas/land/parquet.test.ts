import { describe, expect, it } from 'vitest';
import { encodeParquet } from '../../../lambdas/land/parquet.ts';
import type { Column } from '../../../lib/contract/manifest.ts';
import { metadataOf, rowsOf } from './readings.ts';

const columns: readonly Column[] = (
  ['string', 'binary', 'double', 'long', 'int', 'boolean', 'timestamp', 'date'] as const
).map((type) => ({ name: `a_${type}`, type, comment: '' }));

describe('encodeParquet', () => {
  it('keeps every type and null', async () => {
    // Prepare
    const instant = Date.UTC(2026, 2, 1, 23, 59, 59, 999);
    const values = [
      ['é', '', null],
      [Buffer.from([0xff, 0]), Buffer.alloc(0), null],
      [-0, 1e308, null],
      [2 ** 53 - 1, -(2 ** 53 - 1), null],
      [2 ** 31 - 1, -(2 ** 31), null],
      [true, false, null],
      [instant, -1, null],
      [20_513, 0, null],
    ];

    // Act
    const rows = await rowsOf(encodeParquet(columns, values));

    // Assess
    expect(rows[0]).toEqual({
      a_string: 'é',
      a_binary: new Uint8Array([0xff, 0]),
      a_double: -0,
      a_long: 2n ** 53n - 1n,
      a_int: 2 ** 31 - 1,
      a_boolean: true,
      a_timestamp: new Date(instant),
      a_date: new Date('2026-03-01'),
    });
    expect(rows[1]).toMatchObject({ a_string: '', a_binary: new Uint8Array(), a_timestamp: new Date(-1) });
    expect(Object.values(rows[2] ?? {})).toEqual(columns.map(() => null));
  });

  it('writes ZSTD, one row group, UTC microseconds, and binary without a text annotation', () => {
    // Prepare
    const values = columns.map(() => new Array<unknown>(5_000).fill(null));

    // Act
    const metadata = metadataOf(encodeParquet(columns, values));

    // Assess
    expect(metadata.row_groups).toHaveLength(1);
    expect(metadata.row_groups[0]?.columns.map((column) => column.meta_data?.codec)).toEqual(
      columns.map(() => 'ZSTD'),
    );
    const element = (name: string): unknown => metadata.schema.find((one) => one.name === name);
    expect(element('a_timestamp')).toMatchObject({
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      repetition_type: 'OPTIONAL',
    });
    expect(element('a_string')).toMatchObject({ converted_type: 'UTF8' });
    expect(element('a_binary')).toEqual({
      type: 'BYTE_ARRAY',
      repetition_type: 'OPTIONAL',
      name: 'a_binary',
    });
  });

  it('gives the same bytes for the same rows', () => {
    // Prepare
    const values = columns.map(({ type }) => (type === 'string' ? ['a', 'b'] : [null, null]));

    // Act
    const files = [encodeParquet(columns, values), encodeParquet(columns, values)];

    // Assess
    expect(files[0]).toEqual(files[1]);
  });
});
