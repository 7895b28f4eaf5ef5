import { expect, it } from 'vitest';
import { delays } from '../../bench/arrivals.ts';

it('counts each record from its sending to the first sight of its offset', () => {
  // Prepare
  const sent = [
    { partition: 0, first: 0, count: 3, sentMs: 1_000 },
    { partition: 1, first: 0, count: 1, sentMs: 1_500 },
    { partition: 0, first: 3, count: 2, sentMs: 2_000 },
  ];
  const seen = [
    { partition: 0, first: 2, last: 3, seenMs: 4_000 },
    { partition: 0, first: 0, last: 2, seenMs: 3_000 },
    { partition: 1, first: 0, last: 0, seenMs: 1_750 },
  ];

  // Act
  const found = delays(sent, seen);

  // Assess: offset 4 of partition 0 was not seen.
  expect(found).toEqual([2, 2, 2, 0.25, 2]);
});
