import type { Acknowledged } from './producer.ts';

/** `count` offsets from `baseOffset` on. */
export interface PositionRange {
  readonly baseOffset: number;
  readonly count: number;
}

export interface PositionRanges {
  add(acknowledged: Acknowledged): void;
  ranges(): Record<number, PositionRange[]>;
}

/** Acknowledged positions as few ranges as there are: neighbours become one. */
export function positionRanges(): PositionRanges {
  const known = new Map<number, PositionRange[]>();
  return {
    add({ partition, baseOffset, count }) {
      const ranges = known.get(partition) ?? [];
      known.set(partition, ranges);
      const last = ranges.at(-1);
      if (last !== undefined && baseOffset >= 0 && last.baseOffset + last.count === baseOffset) {
        ranges[ranges.length - 1] = { baseOffset: last.baseOffset, count: last.count + count };
      } else {
        ranges.push({ baseOffset, count });
      }
    },
    ranges: () => Object.fromEntries([...known].sort(([a], [b]) => a - b)),
  };
}
