import { setTimeout as sleep } from 'node:timers/promises';
import {
  afterDiscard,
  afterInvoke,
  type Delivery,
  deliveryOf,
  lowestLeft,
  nextStep,
  type Outcome,
  type RetrySettings,
} from './delivery.ts';
import { type BatchLimits, dueIn, enqueue, isFull, type Lane, laneOf, takeBatch } from './lane.ts';
import { type Discarded, invocationRecord, invocationRecordKey } from './on-failure.ts';
import { type EventSource, encodeEvent, type PolledRecord } from './record.ts';
import { readResponse } from './response.ts';

export interface DispatcherOptions {
  readonly source: EventSource;
  readonly settings: RetrySettings;
  readonly limits: BatchLimits;
  readonly windowMs: number;
  readonly mappingId: string;
  readonly functionArn: string;
  /** Sends an event, given as JSON bytes, to the function: resolves with its response, rejects where it failed. */
  readonly invoke: (event: Buffer) => Promise<unknown>;
  readonly onFailure?: { put(key: string, body: string): Promise<void> };
  readonly log: (line: string) => void;
  /** All of a partition's records before offset `next` are delivered or discarded. */
  readonly handled: (lane: Lane, next: number) => void;
  /** A lane that was paused has room again. */
  readonly resume: (lane: Lane) => void;
  /** Waits for this many milliseconds, or until the signal. @default a timer */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface DispatcherCounts {
  readonly records: number;
  readonly invocations: number;
  /** Partial responses included. */
  readonly failedInvocations: number;
  /** Records sent to the destination, or dropped for lack of one. */
  readonly discarded: number;
}

/** Gathers records into batches and sees each through to its end; a partition has one batch on its way at a time. */
export interface Dispatcher {
  lane(topic: string, partition: number): Lane;
  /** Takes records of a lane, in the order of their offsets. */
  offer(lane: Lane, records: readonly PolledRecord[]): void;
  /** Offsets up to `through` hold no records to deliver: markers of transactions, or records of aborted ones. */
  pass(lane: Lane, through: number): void;
  /** Forgets the lanes that this consumer is no longer assigned: another sends what waits in them. */
  keep(assigned: (lane: Lane) => boolean): void;
  counts(): DispatcherCounts;
  /** Starts nothing more; resolves once the invocations under way have ended. */
  halt(): Promise<void>;
}

const timer = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { source, settings, limits, log, onFailure, wait = timer } = options;
  const lanes = new Map<string, Lane>();
  const running = new Set<Promise<void>>();
  const halted = new AbortController();
  const counts = { records: 0, invocations: 0, failedInvocations: 0, discarded: 0 };
  let alarm: NodeJS.Timeout | undefined;

  const release = (lane: Lane): void => {
    lane.busy = false;
    if (!lane.paused || isFull(lane, limits)) return;
    lane.paused = false;
    options.resume(lane);
  };
  const settle = (owners: ReadonlyMap<Lane, number>, delivery: Delivery<PolledRecord>): void => {
    const left = lowestLeft(delivery);
    for (const [lane, last] of owners) {
      const through = lane.queue.length === 0 ? Math.max(lane.readThrough, last) : last;
      options.handled(lane, left.get(lane.name) ?? through + 1);
      // Its next batch may go while the others of this one are still tried.
      if (lane.busy && !left.has(lane.name)) release(lane);
    }
    pump();
  };
  const send = async (records: readonly PolledRecord[]): Promise<Outcome> => {
    counts.invocations += 1;
    let outcome: Outcome = 'error';
    try {
      const response = await options.invoke(encodeEvent(source, records));
      outcome = settings.partialResponses ? readResponse(response, records) : 'success';
      if (outcome !== 'success') log(`invocation of ${records.length} records: some are to be sent again`);
    } catch (error) {
      log(`invocation of ${records.length} records failed: ${(error as Error).message}`);
    }
    if (outcome !== 'success') counts.failedInvocations += 1;
    return outcome;
  };
  const discard = async (discarded: Discarded): Promise<void> => {
    const { records, condition } = discarded;
    const { partition = '', offset } = records[0] ?? {};
    log(`${condition}: ${records.length} records, the first at ${partition} offset ${offset}`);
    counts.discarded += records.length;
    if (onFailure === undefined) return;
    const now = Date.now();
    const [key, body] = [
      invocationRecordKey(options.mappingId, partition, now),
      invocationRecord(source, discarded, now),
    ];
    // What the destination does not take is not let go: its offsets stay uncommitted until then.
    for (let pause = 200; !halted.signal.aborted; pause = Math.min(pause * 2, 10_000)) {
      try {
        return await onFailure.put(key, body);
      } catch (error) {
        log(`on-failure destination: ${(error as Error).message}`);
        await wait(pause, halted.signal);
      }
    }
  };

  const deliver = async (
    records: readonly PolledRecord[],
    owners: ReadonlyMap<Lane, number>,
  ): Promise<void> => {
    let delivery = deliveryOf(records);
    for (;;) {
      const next = nextStep(delivery, settings, Date.now());
      const { step } = next;
      if (step.kind === 'done') return;
      if (step.kind === 'discard') {
        await discard({ ...step, functionArn: options.functionArn });
        if (halted.signal.aborted) return;
        delivery = afterDiscard(next.delivery);
      } else {
        if (step.waitMs > 0) await wait(step.waitMs, halted.signal);
        if (halted.signal.aborted) return;
        delivery = afterInvoke(next.delivery, settings, await send(step.records));
      }
      settle(owners, delivery);
    }
  };
  const startBatch = (): void => {
    const records = takeBatch([...lanes.values()], source, limits);
    const owners = new Map<Lane, number>();
    for (const { partition, offset } of records) {
      const lane = lanes.get(partition);
      if (lane) owners.set(lane, offset);
    }
    const batch = deliver(records, owners);
    running.add(batch);
    void batch.finally(() => running.delete(batch));
  };
  /** Sends whatever is due, and comes back when the next is. */
  const pump = (): void => {
    clearTimeout(alarm);
    while (!halted.signal.aborted) {
      const due = dueIn([...lanes.values()], limits, options.windowMs, Date.now());
      if (due > 0) {
        if (Number.isFinite(due)) alarm = setTimeout(pump, due);
        return;
      }
      startBatch();
    }
  };

  return {
    lane: (topic, partition) => {
      const fresh = laneOf(topic, partition);
      const lane = lanes.get(fresh.name) ?? fresh;
      lanes.set(lane.name, lane);
      return lane;
    },
    offer: (lane, records) => {
      counts.records += records.length;
      enqueue(lane, records, Date.now());
      pump();
    },
    pass: (lane, through) => {
      lane.readThrough = Math.max(lane.readThrough, through);
      if (!lane.busy && lane.queue.length === 0) options.handled(lane, lane.readThrough + 1);
    },
    keep: (assigned) => {
      for (const [name, lane] of lanes) {
        if (assigned(lane)) continue;
        lane.lost = true;
        lanes.delete(name);
      }
    },
    counts: () => ({ ...counts }),
    halt: async () => {
      halted.abort();
      clearTimeout(alarm);
      await Promise.allSettled(running);
    },
  };
}
