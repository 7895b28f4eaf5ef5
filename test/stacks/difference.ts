/** What one JSON value has otherwise than another. */
import { isDeepStrictEqual } from 'node:util';
import { type Json, membersOf } from './normalised.ts';

/** Stands for a value that only the other has. */
export const absent = '(absent)';

const isNested = (value: Json): boolean => value !== null && typeof value === 'object';

/**
 * `other` without what it shares with `base`: nested as they are, elements of lists by their index, `(absent)` for what
 * only `base` has. Undefined where the two are equal.
 */
export function differenceOf(base: Json, other: Json): Json | undefined {
  if (isDeepStrictEqual(base, other)) return undefined;
  if (!isNested(base) || !isNested(other) || Array.isArray(base) !== Array.isArray(other)) return other;
  const [ours, theirs] = [membersOf(base), membersOf(other)];
  const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return Object.fromEntries(
    [...keys].flatMap((key) => {
      const [mine, its] = [ours[key], theirs[key]];
      if (its === undefined) return [[key, absent]];
      const difference = mine === undefined ? its : differenceOf(mine, its);
      return difference === undefined ? [] : [[key, difference]];
    }),
  );
}
