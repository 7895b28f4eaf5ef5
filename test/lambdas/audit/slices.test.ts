import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countOf, merged } from '../../../lambdas/audit/ranges.ts';
import { slices } from '../../../lambdas/audit/slices.ts';

const range = fc
  .record({ partition: fc.nat(2), first: fc.nat(300_000), length: fc.nat(120_000) })
  .map(({ partition, first, length }) => ({ partition, first, last: first + length }));

describe('parts of ranges', () => {
  test('are together the ranges, and each no longer than a request reads', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (list) => {
        // Act
        const parts = slices(list);

        // Assess
        expect(merged(parts.flat())).toEqual(merged(list));
        expect(parts.reduce((sum, part) => sum + countOf(part), 0)).toBe(countOf(merged(list)));
        for (const part of parts) {
          const spans = [...Map.groupBy(part, ({ partition }) => partition).values()].map(
            (own) => (own.at(-1)?.last ?? 0) - (own[0]?.first ?? 0) + 1,
          );
          expect(spans.reduce((sum, span) => sum + span, 0)).toBeLessThanOrEqual(50_000);
        }
      }),
    );
  });

  test('have at most a thousand ranges, and go on after what is far away', () => {
    // Prepare
    const many = Array.from({ length: 2_500 }, (_, at) => ({ partition: 0, first: 2 * at, last: 2 * at }));
    const far = [
      { partition: 0, first: 0, last: 0 },
      { partition: 0, first: 10_000_000, last: 10_000_000 },
      { partition: 1, first: 5, last: 5 },
    ];

    // Act
    const [counts, parts] = [slices(many).map((part) => part.length), slices(far)];

    // Assess
    expect(counts).toEqual([1_000, 1_000, 500]);
    expect(parts).toEqual([far.slice(0, 1), far.slice(1)]);
  });
});
