import { merged, type OffsetRange } from './ranges.ts';

/** What one request of the function beside the brokers reads well within its minute, and what its answer holds. */
const MOST_OFFSETS = 50_000;
const MOST_RANGES = 1_000;

/**
 * Ranges in parts that can be read one after the other. A consumer reads a partition from a part's first offset to its
 * last, and so it is their distance that counts, with what lies between the ranges.
 */
export function slices(ranges: readonly OffsetRange[]): OffsetRange[][] {
  const parts: OffsetRange[][] = [];
  let room = 0;
  for (const range of merged(ranges)) {
    for (let { first } = range; first <= range.last; ) {
      const part = parts.at(-1);
      const before = part?.at(-1);
      const skipped = before?.partition === range.partition ? first - before.last - 1 : 0;
      if (part === undefined || room <= skipped || part.length === MOST_RANGES) {
        parts.push([]);
        room = MOST_OFFSETS;
        continue;
      }
      const last = Math.min(range.last, first + room - skipped - 1);
      part.push({ ...range, first, last });
      room -= skipped + last - first + 1;
      first = last + 1;
    }
  }
  return parts;
}
