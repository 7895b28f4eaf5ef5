import type { Bounds } from './classification.ts';
import type { Progress } from './lake-state.ts';

/** How far each part has come, at one moment. */
export interface Standing {
  /** Where everything must get to: the topic's ends, exclusive. */
  readonly ends: Bounds;
  /** Committed offsets of the landing's consumer group. */
  readonly landed: Bounds;
  readonly progress: Progress;
}

/** Offsets that the silver job is past. */
export function silverBounds({ silver }: Progress): Bounds {
  return new Map(
    Object.entries(silver?.partitions ?? {}).map(([partition, { until }]) => [Number(partition), until]),
  );
}

/** Records between two bounds, over all partitions. */
export function lagOf(ends: Bounds, reached: Bounds): number {
  let lag = 0;
  for (const [partition, end] of ends) lag += Math.max(0, end - (reached.get(partition) ?? 0));
  return lag;
}

/** What is not through yet, each in words; empty: all of it is through silver, quarantine, gold and one sweep. Pure. */
export function behind({ ends, landed, progress }: Standing): string[] {
  const missing: string[] = [];
  const landing = lagOf(ends, landed);
  if (landing > 0) missing.push(`landing (bronze, quarantine): ${landing} records behind`);
  const silverLag = lagOf(ends, silverBounds(progress));
  if (silverLag > 0) missing.push(`silver: ${silverLag} records behind`);
  const { silver, sweep, gold } = progress;
  // Nothing was ever put into silver: nothing to sweep or to compute.
  if (silver?.committedAt === undefined) return missing;
  const swept =
    sweep !== undefined &&
    (sweep.silverSnapshotId === silver.silverSnapshotId || sweep.startedAt >= silver.committedAt);
  if (!swept) missing.push("sweep: has not run since silver's last commit");
  const current = swept ? sweep.silverSnapshotId : silver.silverSnapshotId;
  for (const [model, one] of Object.entries(gold)) {
    if (one === undefined) missing.push(`gold ${model}: has not run yet`);
    else if (one.silverSnapshotId !== current)
      missing.push(`gold ${model}: not yet of silver's last snapshot`);
  }
  return missing;
}
