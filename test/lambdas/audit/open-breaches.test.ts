import { describe, expect, test } from 'vitest';
import { coalesced } from '../../../lambdas/audit/open-breaches.ts';

const day = (from: number, to: number) =>
  ({
    from: `2026-01-${String(from).padStart(2, '0')}`,
    to: `2026-01-${String(to).padStart(2, '0')}`,
  }) as const;

describe('open breaches', () => {
  test('that touch or overlap are one', () => {
    // Act
    const found = coalesced([day(5, 6), day(1, 3), day(2, 4), day(4, 5), day(8, 9)]);

    // Assess
    expect(found).toEqual([day(1, 6), day(8, 9)]);
  });

  test('are a bounded number: the nearest are one, and none is left out', () => {
    // Act
    const found = coalesced([day(1, 2), day(5, 6), day(7, 8), day(20, 21)], 2);

    // Assess
    expect(found).toEqual([day(1, 8), day(20, 21)]);
  });
});
