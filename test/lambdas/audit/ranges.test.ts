import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countOf,
  merged,
  type OffsetRange,
  rangesText,
  within,
  without,
} from '../../../lambdas/audit/ranges.ts';

const range = fc
  .record({ partition: fc.nat(2), first: fc.nat(30), length: fc.nat(6) })
  .map(({ partition, first, length }): OffsetRange => ({ partition, first, last: first + length }));
const ranges = fc.array(range, { maxLength: 8 });

function positions(list: readonly OffsetRange[]): Set<string> {
  const set = new Set<string>();
  for (const { partition, first, last } of list) {
    for (let offset = first; offset <= last; offset += 1) set.add(`${partition}/${offset}`);
  }
  return set;
}

describe('ranges of offsets', () => {
  test('merged: the same positions, each once, in as few ranges as there are', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        // Prepare
        const expected = positions(list);
        // Act
        const result = merged(list);
        // Assess
        expect(positions(result)).toEqual(expected);
        expect(countOf(result)).toBe(expected.size);
        for (const [at, one] of result.entries()) {
          const next = result[at + 1];
          if (next?.partition === one.partition) expect(next.first).toBeGreaterThan(one.last + 1);
        }
      }),
    );
  });

  test('without and within part a set in two', () => {
    fc.assert(
      fc.property(ranges, ranges, (list, others) => {
        // Prepare
        const mine = positions(list);
        const theirs = positions(others);
        // Act
        const [outside, inside] = [without(list, others), within(list, others)];
        // Assess
        expect(positions(outside)).toEqual(new Set([...mine].filter((one) => !theirs.has(one))));
        expect(positions(inside)).toEqual(new Set([...mine].filter((one) => theirs.has(one))));
        expect(countOf(outside) + countOf(inside)).toBe(mine.size);
      }),
    );
  });

  test('are told by partition, the first of them', () => {
    // Prepare
    const list = [
      { partition: 2, first: 0, last: 0 },
      { partition: 0, first: 12, last: 12 },
      { partition: 0, first: 5, last: 9 },
    ];
    // Act
    const [all, some] = [rangesText(list), rangesText(list, 1)];
    // Assess
    expect(all).toBe('partition 0: 5-9, 12; partition 2: 0');
    expect(some).toBe('partition 0: 5-9; and 2 more ranges');
  });
});
