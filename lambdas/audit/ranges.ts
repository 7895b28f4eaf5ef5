/** Offsets of one partition from `first` to `last`, both included. */
export interface OffsetRange {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

export function countOf(ranges: readonly OffsetRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** The same offsets as few ranges, in order, none overlapping. */
export function merged(ranges: readonly OffsetRange[]): OffsetRange[] {
  const sorted = [...ranges].sort((a, b) => a.partition - b.partition || a.first - b.first);
  const result: OffsetRange[] = [];
  for (const range of sorted) {
    const before = result.at(-1);
    if (before !== undefined && before.partition === range.partition && range.first <= before.last + 1) {
      result[result.length - 1] = { ...before, last: Math.max(before.last, range.last) };
    } else {
      result.push(range);
    }
  }
  return result;
}

/** What of `ranges` is in none of `taken`. */
export function without(ranges: readonly OffsetRange[], taken: readonly OffsetRange[]): OffsetRange[] {
  const others = Map.groupBy(merged(taken), (range) => range.partition);
  return merged(ranges).flatMap((range) => {
    const rest: OffsetRange[] = [];
    let { first } = range;
    for (const other of others.get(range.partition) ?? []) {
      if (other.last < first) continue;
      if (other.first > range.last) break;
      if (other.first > first) rest.push({ ...range, first, last: other.first - 1 });
      first = other.last + 1;
    }
    if (first <= range.last) rest.push({ ...range, first });
    return rest;
  });
}

/** What of `ranges` is also in `others`. */
export function within(ranges: readonly OffsetRange[], others: readonly OffsetRange[]): OffsetRange[] {
  return without(ranges, without(ranges, others));
}

/** `partition 0: 5-9, 12; partition 2: 0`, the first `most` ranges. */
export function rangesText(ranges: readonly OffsetRange[], most = 20): string {
  const shown = merged(ranges);
  const parts = [...Map.groupBy(shown.slice(0, most), (range) => range.partition)].map(
    ([partition, list]) =>
      `partition ${partition}: ${list.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')}`,
  );
  const more = shown.length > most ? `; and ${shown.length - most} more ranges` : '';
  return `${parts.join('; ')}${more}`;
}
