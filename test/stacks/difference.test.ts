import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absent, differenceOf } from './difference.ts';
import type { Json } from './normalised.ts';

const json = fc.jsonValue() as fc.Arbitrary<Json>;

describe('differenceOf', () => {
  test('names only what is other, with the way to it', () => {
    // Prepare
    const base = { kept: [1, { a: 1, b: 2 }], gone: 1, list: [1, 2] };
    const other = { kept: [1, { a: 1, b: 3 }], list: [1], added: { c: [4] } };

    // Act
    const difference = differenceOf(base, other);

    // Assess
    expect(difference).toEqual({
      kept: { 1: { b: 3 } },
      gone: absent,
      list: { 1: absent },
      added: { c: [4] },
    });
  });

  test('is nothing for equal values, and something for others', () => {
    fc.assert(
      fc.property(json, json, (base, other) => {
        // Act
        const difference = differenceOf(base, other);

        // Assess
        expect(differenceOf(base, structuredClone(base))).toBeUndefined();
        expect(difference === undefined).toBe(isDeepStrictEqual(base, other));
      }),
    );
  });
});
