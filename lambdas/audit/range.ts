import type { Manifest } from '../../lib/contract/manifest.ts';
import type { KafkaView, TopicOffsets } from './kafka.ts';
import type { OffsetRange } from './ranges.ts';
import type { Bounds, Times } from './scope.ts';

/** Which positions a range of times is of. */
export interface Positions {
  /** Of each partition, the first position. */
  readonly first: Bounds;
  /** Of each partition, the position after the last. */
  readonly end: Bounds;
}

/** First and last offset that bronze has of some times, by partition, below some bounds. */
export type Span = (times: Times, below: Bounds) => Promise<readonly OffsetRange[]>;

/** A broker's clock that is set back gives a record an older time than the one before it: by less than this. */
const CLOCK_STEP_MS = 600_000;
const DAY_MS = 86_400_000;
/** Days in which bronze is searched for the record next to an instant; the last: in all of it. */
const NEARBY = [1, 31, undefined] as const;

/**
 * The part of the times (undefined: all) of which bronze still has everything. Only where bronze forgets before silver
 * does: what retention takes from both is told apart by the day that it has come to.
 */
export function withinArchive(
  times: Times | undefined,
  { archiveDays, retentionDays }: Pick<Manifest, 'archiveDays' | 'retentionDays'>,
  nowMs: number,
): Times | undefined {
  if (archiveDays >= retentionDays) return times;
  // S3 deletes at the midnight after the last day; a day more, for one that comes during the audit.
  const begin = new Date(nowMs - (nowMs % DAY_MS) - (archiveDays - 1) * DAY_MS).toISOString();
  const { from = begin, to } = times ?? {};
  if (to === undefined) return { from: later(from, begin) };
  const end = new Date(to).toISOString();
  return { from: earlier(later(from, begin), end), to: end };
}

/**
 * The part of the times (undefined: all) in which positions are of the topic that the stream reads.
 * @param topicSince see Scope; undefined: the times as they are
 */
export function withinTopic(times: Times | undefined, topicSince: string | undefined): Times | undefined {
  if (topicSince === undefined) return times;
  const { from = topicSince, to } = times ?? {};
  const begin = later(from, topicSince);
  return to === undefined ? { from: begin } : { from: earlier(begin, to), to };
}

const later = (a: string, b: string) => (Date.parse(a) >= Date.parse(b) ? a : b);
const earlier = (a: string, b: string) => (Date.parse(a) <= Date.parse(b) ? a : b);

/** The times that positions between two instants can have. */
export function withSlack({ from, to }: Times): Times {
  return {
    ...(from === undefined ? {} : { from: moved(from, -CLOCK_STEP_MS) }),
    ...(to === undefined ? {} : { to: moved(to, CLOCK_STEP_MS) }),
  };
}

/**
 * The positions that Kafka took between two instants. The broker says them. Of what it no longer holds bronze does:
 * then they begin after the last record before the range and end at the next one after it, in bronze or in Kafka, so
 * that a position that nobody knows lies in some range.
 */
export async function positionsBetween(
  kafka: KafkaView,
  topic: string,
  { from, to }: Times,
  { low, high }: TopicOffsets,
  span: Span,
): Promise<Positions> {
  const at = async (iso: string | undefined, otherwise: Bounds) =>
    iso === undefined ? otherwise : kafka.offsetsAt(topic, Math.max(0, Date.parse(iso)));
  const origin = new Map([...high.keys()].map((partition) => [partition, 0]));
  const [first, end] = await Promise.all([at(from, origin), at(to, high)]);
  const [aged, agedEnd] = [forgotten(first, low), to === undefined ? new Map() : forgotten(end, low)];
  const none = new Map<number, OffsetRange>();
  const [before, inside, after] = await Promise.all([
    from === undefined || aged.size === 0 ? none : nearest(span, from, -1, aged),
    from === undefined || aged.size === 0
      ? none
      : span({ from, ...(to === undefined ? {} : { to }) }, aged).then(byPartition),
    to === undefined || agedEnd.size === 0 ? none : nearest(span, to, 1, agedEnd),
  ]);
  const next = (partition: number, otherwise: number) => after.get(partition)?.first ?? otherwise;
  return {
    first: new Map(
      [...first].map(([partition, offset]) => {
        const previous = before.get(partition)?.last ?? Number.POSITIVE_INFINITY;
        const known = inside.get(partition)?.first ?? next(partition, offset);
        return [partition, Math.min(offset, previous + 1, known)];
      }),
    ),
    end: new Map([...end].map(([partition, offset]) => [partition, next(partition, offset)])),
  };
}

/** Earliest offsets of the partitions in which a bound is what Kafka has forgotten. */
function forgotten(bounds: Bounds, low: Bounds): Bounds {
  return new Map(
    [...low].filter(([partition, lowest]) => lowest > 0 && (bounds.get(partition) ?? 0) <= lowest),
  );
}

/** What bronze has next to an instant, on one side of it: no more of it is read than must be. */
async function nearest(
  span: Span,
  iso: string,
  side: 1 | -1,
  below: Bounds,
): Promise<Map<number, OffsetRange>> {
  const found = new Map<number, OffsetRange>();
  for (const days of NEARBY) {
    const far = days === undefined ? undefined : moved(iso, side * days * DAY_MS);
    const [from, to] = side === 1 ? [iso, far] : [far, iso];
    const times = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    for (const range of await span(times, missing(below, found))) found.set(range.partition, range);
    if (missing(below, found).size === 0) break;
  }
  return found;
}

const missing = (wanted: Bounds, found: ReadonlyMap<number, unknown>): Bounds =>
  new Map([...wanted].filter(([partition]) => !found.has(partition)));

const byPartition = (ranges: readonly OffsetRange[]) =>
  new Map(ranges.map((range) => [range.partition, range]));

const moved = (iso: string, ms: number) => new Date(Math.max(0, Date.parse(iso) + ms)).toISOString();
