import { type EventSource, envelopeBytes, type PolledRecord } from './record.ts';

/** Bytes of an invocation's event that Lambda takes at most. */
export const payloadLimit = 6 * 1024 * 1024;

export interface BatchLimits {
  readonly batchSize: number;
  /** @default 6 MB */
  readonly payloadBytes?: number;
}

/** One assigned partition: what was read and not yet sent. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
  /** `TOPIC-PARTITION` */
  readonly name: string;
  readonly queue: PolledRecord[];
  queuedBytes: number;
  /** When the oldest of the queue arrived, in epoch milliseconds. */
  waitingSince: number;
  /** A batch with records of this partition is on its way; the next waits, so that order is kept. */
  busy: boolean;
  /** Last offset read, records or not (transaction markers are none); -1 before the first. */
  readThrough: number;
  /** Fetching is paused until the queue has room. */
  paused: boolean;
  /** Assigned to another consumer since. */
  lost: boolean;
}

export const laneOf = (topic: string, partition: number): Lane => ({
  topic,
  partition,
  name: `${topic}-${partition}`,
  queue: [],
  queuedBytes: 0,
  waitingSince: 0,
  busy: false,
  readThrough: -1,
  paused: false,
  lost: false,
});

/** Puts newly read records behind what waits. */
export function enqueue(lane: Lane, records: readonly PolledRecord[], nowMs: number): void {
  if (lane.queue.length === 0) lane.waitingSince = nowMs;
  for (const record of records) {
    lane.queue.push(record);
    lane.queuedBytes += record.bytes;
  }
}

/** Twice what one batch takes: one on its way, one being read. */
export const isFull = (lane: Lane, limits: BatchLimits): boolean =>
  lane.queue.length >= 2 * limits.batchSize || lane.queuedBytes >= 2 * (limits.payloadBytes ?? payloadLimit);

/**
 * How many records to take from the head of each queue for one event: in order, up to the batch size and the payload
 * limit. A record that is larger than the limit goes alone.
 */
export function cutBatch(
  queues: readonly (readonly PolledRecord[])[],
  source: EventSource,
  limits: BatchLimits,
): readonly number[] {
  const most = limits.payloadBytes ?? payloadLimit;
  let bytes = envelopeBytes(source, []);
  let count = 0;
  let open = true;
  return queues.map((queue) => {
    let taken = 0;
    for (const record of queue) {
      // A name and brackets for the partition's first record; a comma before each that follows.
      const added =
        record.bytes +
        (taken === 0 ? envelopeBytes(source, [record.partition]) - envelopeBytes(source, []) + 1 : 1);
      open &&= count < limits.batchSize && (count === 0 || bytes + added <= most);
      if (!open) break;
      bytes += added;
      count += 1;
      taken += 1;
    }
    return taken;
  });
}

/** Milliseconds until a batch is due from these lanes: 0 is now, infinity never. */
export function dueIn(lanes: readonly Lane[], limits: BatchLimits, windowMs: number, nowMs: number): number {
  const waiting = lanes.filter((lane) => !lane.busy && lane.queue.length > 0);
  const count = waiting.reduce((sum, lane) => sum + lane.queue.length, 0);
  const bytes = waiting.reduce((sum, lane) => sum + lane.queuedBytes, 0);
  if (count >= limits.batchSize || bytes >= (limits.payloadBytes ?? payloadLimit)) return 0;
  const since = waiting.reduce(
    (oldest, lane) => Math.min(oldest, lane.waitingSince),
    Number.POSITIVE_INFINITY,
  );
  return Math.max(0, since + windowMs - nowMs);
}

/** Takes the next batch out of the lanes that are free, the longest waiting first, and marks its lanes busy. */
export function takeBatch(lanes: readonly Lane[], source: EventSource, limits: BatchLimits): PolledRecord[] {
  const waiting = lanes
    .filter((lane) => !lane.busy && lane.queue.length > 0)
    .sort((a, b) => a.waitingSince - b.waitingSince);
  const counts = cutBatch(
    waiting.map((lane) => lane.queue),
    source,
    limits,
  );
  return waiting.flatMap((lane, index) => {
    const records = lane.queue.splice(0, counts[index] ?? 0);
    for (const record of records) lane.queuedBytes -= record.bytes;
    lane.busy = records.length > 0;
    return records;
  });
}
