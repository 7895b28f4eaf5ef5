import { expect, test } from 'vitest';
import type { Answer } from './answer.ts';
import { doubleText, momentText, plainType } from './answer.ts';
import { differences, isOrdered } from './difference.ts';

const columns = [
  { name: 'kind', type: 'varchar' },
  { name: 'p95_duration', type: 'double' },
  { name: 'avg_duration', type: 'double' },
];
const answer = (...rows: Answer['rows']): Answer => ({ columns, rows });

test.each([
  [
    'the same rows in another order',
    'SELECT',
    [
      ['b', '2', '3'],
      ['a', '1', '2'],
    ],
    [],
  ],
  [
    'another order where one is fixed',
    'SELECT ORDER BY kind',
    [
      ['b', '2', '3'],
      ['a', '1', '2'],
    ],
    2,
  ],
  [
    'an average a little off',
    'SELECT',
    [
      ['a', '1', '2.0000000001'],
      ['b', '2', '3'],
    ],
    [],
  ],
  [
    'an average off',
    'SELECT',
    [
      ['a', '1', '2.00000001'],
      ['b', '2', '3'],
    ],
    1,
  ],
  [
    'a percentile a little off',
    'SELECT',
    [
      ['a', '1.0000000000000002', '2'],
      ['b', '2', '3'],
    ],
    1,
  ],
  [
    'a null',
    'SELECT',
    [
      ['a', '1', null],
      ['b', '2', '3'],
    ],
    1,
  ],
  ['a row less', 'SELECT', [['a', '1', '2']], 1],
] as const)('%s', (_, sql, rows, wanted) => {
  // Prepare
  const one = answer(['a', '1', '2'], ['b', '2', '3']);

  // Act
  const found = differences(sql, one, answer(...rows));

  // Assess
  expect(typeof wanted === 'number' ? found.length : found).toEqual(wanted);
});

test('a column of another type differs', () => {
  // Prepare
  const other: Answer = { columns: columns.map((column) => ({ ...column, type: 'varchar' })), rows: [] };

  // Act
  const found = differences('SELECT', answer(), other);

  // Assess
  expect(found[0]).toBe('columns: kind varchar, p95_duration double, avg_duration double');
});

test.each([
  ['SELECT a FROM b ORDER BY a, c -- all', true],
  ['SELECT row_number() OVER (ORDER BY a) FROM b', false],
  ['SELECT a FROM (SELECT a FROM b ORDER BY a) AS c', false],
])('%s: ordered is %s', (sql, wanted) => {
  // Act
  const ordered = isOrdered(sql);

  // Assess
  expect(ordered).toBe(wanted);
});

test('values have one text whatever the engine', () => {
  // Act
  const moments = ['2026-01-01 00:00:00.000 UTC', '2026-01-01 00:00:00.120000', '2026-01-01 00:00:10'].map(
    momentText,
  );
  const types = ['timestamp(6) with time zone', 'decimal(10, 2)', 'float'].map(plainType);
  const doubles = [0.1, -0, 1e7].map(doubleText);

  // Assess
  expect(moments).toEqual(['2026-01-01 00:00:00 UTC', '2026-01-01 00:00:00.12', '2026-01-01 00:00:10']);
  expect(types).toEqual(['timestamp with time zone', 'decimal', 'real']);
  expect(doubles).toEqual(['0.1', '-0', '10000000']);
});
