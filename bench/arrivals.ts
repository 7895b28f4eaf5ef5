/** Records that were sent together: `count` offsets from `first` on. */
export interface Sent {
  readonly partition: number;
  readonly first: number;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly sentMs: number;
}

/** From this moment on, a partition's offsets from `first` to `last` were to be seen somewhere. */
export interface Seen {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
  readonly seenMs: number;
}

/** Seconds from sending to seeing, one for each record that was seen; those that were not are left out. */
export function delays(sent: readonly Sent[], seen: readonly Seen[]): number[] {
  const byPartition = Map.groupBy(seen, ({ partition }) => partition);
  for (const list of byPartition.values()) list.sort((a, b) => a.seenMs - b.seenMs);
  return sent.flatMap(({ partition, first, count, sentMs }) => {
    const list = byPartition.get(partition) ?? [];
    return Array.from({ length: count }, (_, at) => first + at).flatMap((offset) => {
      const found = list.find((range) => range.first <= offset && offset <= range.last);
      return found === undefined ? [] : [(found.seenMs - sentMs) / 1000];
    });
  });
}
