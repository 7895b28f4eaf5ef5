import type { Progress } from './lake-state.ts';
import type { Bounds } from './scope.ts';

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

/** Says of one look after the other what is not through yet, each in words; empty: all of it. */
export type Arrivals = (standing: Standing) => string[];

/**
 * Follows records on their way through landing, silver, one sweep and gold. It remembers what was reached, because
 * while more is produced there may never be a moment at which silver, sweep and gold have all seen the same snapshot.
 * @param sweeps false: no identity can be in two partitions, so there is nothing to sweep
 */
export function arrivals(sweeps = true): Arrivals {
  let stored: { snapshot: string | null | undefined; committedAt: string } | undefined;
  let swept: { snapshot: string | null; finishedAt: string } | undefined;
  const computed = new Set<string>();
  const goldSince = new Map<string, string>();

  function isComputed(model: string, { silver, gold }: Progress): boolean {
    const one = gold[model];
    if (one === undefined || swept === undefined) return false;
    const current =
      (silver?.committedAt ?? '') > swept.finishedAt ? silver?.silverSnapshotId : swept.snapshot;
    if (one.silverSnapshotId === swept.snapshot || one.silverSnapshotId === current) return true;
    if (one.finishedAt < swept.finishedAt) return false;
    // One run may have begun before the sweep ended; the run after that one did not.
    const since = goldSince.get(model);
    if (since === undefined) goldSince.set(model, one.finishedAt);
    return since !== undefined && since !== one.finishedAt;
  }

  return ({ ends, landed, progress }) => {
    const missing: string[] = [];
    const landing = lagOf(ends, landed);
    if (landing > 0) missing.push(`landing (bronze, quarantine): ${landing} records behind`);
    const lag = lagOf(ends, silverBounds(progress));
    const { silver, sweep, gold } = progress;
    if (lag > 0) return [...missing, `silver: ${lag} records behind`];
    // Nothing was ever put into silver: nothing to sweep or to compute.
    if (silver?.committedAt === undefined) return missing;
    stored ??= { snapshot: silver.silverSnapshotId, committedAt: silver.committedAt };
    if (!sweeps) {
      swept ??= { snapshot: stored.snapshot ?? null, finishedAt: stored.committedAt };
    } else if (
      sweep !== undefined &&
      (sweep.silverSnapshotId === stored.snapshot || sweep.startedAt >= stored.committedAt)
    ) {
      swept ??= { snapshot: sweep.silverSnapshotId, finishedAt: sweep.finishedAt };
    }
    if (swept === undefined) missing.push("sweep: has not run since silver's last commit");
    for (const [model, one] of Object.entries(gold)) {
      if (isComputed(model, progress)) computed.add(model);
      if (computed.has(model)) continue;
      missing.push(
        one === undefined ? `gold ${model}: has not run yet` : `gold ${model}: has not seen all of silver`,
      );
    }
    return missing;
  };
}
