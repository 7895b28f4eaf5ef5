import { expect, test } from 'vitest';
import { partsOf } from '../../../bin/command/producer/function-producer.ts';

test('requests keep below the bound, in the order of each partition', () => {
  // Prepare: 2 MB in each of three partitions, and one that is small
  const big = { key: null, value: Buffer.alloc(1024 * 1024) };
  const records = new Map([
    [0, [big, big]],
    [1, [big, big]],
    [2, [{ key: null, value: Buffer.from('small') }]],
    [3, [big, big]],
  ]);

  // Act
  const parts = partsOf(records);

  // Assess
  expect(parts.map((part) => part.map(([partition]) => partition))).toEqual([[0], [1, 2], [3]]);
  expect(parts.flat().map(([, list]) => list.length)).toEqual([2, 2, 1, 2]);
});
