import { describe, expect, it } from 'vitest';
import { median, percentile } from '../../bench/statistics.ts';

describe('median', () => {
  it('is the middle value, or between the two middle ones', () => {
    // Act, Assess
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('percentile', () => {
  it('is the nearest rank, always one of the values', () => {
    // Prepare
    const values = Array.from({ length: 10 }, (_, at) => 10 - at);

    // Act, Assess
    expect([0, 10, 11, 50, 95, 100].map((percent) => percentile(values, percent))).toEqual([
      1, 1, 2, 5, 10, 10,
    ]);
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([], 50)).toBeNaN();
  });
});
