import type { KafkaView } from './kafka.ts';
import { countOf, type OffsetRange, within, without } from './ranges.ts';
import type { Bounds, Scope } from './scope.ts';
import { slices } from './slices.ts';

/** Readable positions after which no more are looked for: the proof is given, and mending needs no longer list. */
const ENOUGH = 100_000;
/** Requests of one audit: some minutes. */
const MOST_REQUESTS = 20;

export interface HeldHoles {
  /** Positions that Kafka holds, a consumer reads, and no table knows. */
  readonly readable: readonly OffsetRange[];
  /** Positions that Kafka holds and no table knows, and that were not looked at. */
  readonly unread: readonly OffsetRange[];
}

/** What Kafka holds of the scope, and no table knows. */
export async function heldHoles(
  kafka: KafkaView,
  topic: string,
  low: Bounds,
  { first, horizon }: Scope,
  known: readonly OffsetRange[],
): Promise<HeldHoles> {
  const held = [...horizon].flatMap(([partition, end]) => {
    const from = Math.max(low.get(partition) ?? 0, first?.get(partition) ?? 0);
    return end > from ? [{ partition, first: from, last: end - 1 }] : [];
  });
  const parts = slices(without(held, known));
  const readable: OffsetRange[] = [];
  for (const [at, part] of parts.entries()) {
    if (at === MOST_REQUESTS || countOf(readable) >= ENOUGH) {
      return { readable, unread: parts.slice(at).flat() };
    }
    // A consumer reads whole batches: what is not in a hole was not asked for.
    readable.push(...within(await kafka.readable(topic, part), part));
  }
  return { readable, unread: [] };
}

/**
 * Positions of the scope that no table knows and Kafka no longer holds. Where the scope has no begin they begin where
 * the tables do, or where the landing stands if they are empty: what stood there before it began was never its own.
 */
export function forgottenHoles(
  low: Bounds,
  { first, horizon, landed }: Scope,
  known: readonly OffsetRange[],
): OffsetRange[] {
  const lowest = new Map<number, number>();
  for (const { partition, first: offset } of known)
    lowest.set(partition, Math.min(offset, lowest.get(partition) ?? offset));
  const spans = [...horizon].flatMap(([partition, end]) => {
    const standing = landed?.get(partition) ?? 0;
    const origin = lowest.get(partition) ?? (standing > 0 ? standing : end);
    const asked = first?.get(partition) ?? 0;
    const begin = asked > 0 ? asked : origin;
    const last = Math.min(low.get(partition) ?? 0, end) - 1;
    return last >= begin ? [{ partition, first: begin, last }] : [];
  });
  return without(spans, known);
}

/**
 * Of forgotten holes, those that neither the landing nor silver has come to: nobody has read them, so they are lost.
 * Nothing is said of a partition in which the landing has committed nothing.
 */
export function neverRead(
  holes: readonly OffsetRange[],
  { landed, processed }: Pick<Scope, 'landed' | 'processed'>,
): OffsetRange[] {
  return holes.flatMap((hole) => {
    const standing = landed?.get(hole.partition) ?? 0;
    const first = Math.max(hole.first, standing, processed.get(hole.partition) ?? 0);
    return standing > 0 && first <= hole.last ? [{ ...hole, first }] : [];
  });
}
