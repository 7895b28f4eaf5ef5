import { setTimeout as sleep } from 'node:timers/promises';
import { batching } from './batching.ts';
import { type KeyValue, recordSize } from './key-value.ts';
import { type PositionRange, positionRanges } from './positions.ts';
import type { Producer } from './producer.ts';

/** A record on its way to its partition. */
type Message = KeyValue & { readonly partition: number };

export interface PumpOptions {
  /** Records a second; null: as fast as the broker takes them. */
  readonly rate: number | null;
  /** The topic's bound of a batch as sent. */
  readonly maxMessageBytes: number;
  /** Ends the sending early; what was taken from the source by then is still sent. */
  readonly signal?: AbortSignal;
  /** Asked before each record how many came before it: what it returns is waited for, with all those sent. */
  readonly hold?: (taken: number) => Promise<void> | undefined;
  /** Told how many records are acknowledged so far. */
  readonly onProgress?: (acknowledged: number) => void;
}

export interface Pumped {
  readonly records: number;
  readonly seconds: number;
  /** Acknowledged offsets of each partition, as runs without a gap. */
  readonly positions: Readonly<Record<number, readonly PositionRange[]>>;
}

/** Uncompressed. ZSTD makes a quarter of it; even where it makes nothing of it, it fits the smallest usual topic. */
const BATCH_BYTES = 512 * 1024;
const SHORTEST_PAUSE_MS = 10;

/** Sends a source of messages in its order: one send is under way while the next is made. */
export async function pump(
  producer: Producer,
  messages: Iterable<Message> | AsyncIterable<Message>,
  options: PumpOptions,
): Promise<Pumped> {
  const { rate, signal, hold, onProgress = () => {} } = options;
  const bytesAPartition = Math.min(BATCH_BYTES, options.maxMessageBytes / 2);
  const waiting = batching<Message>(bytesAPartition);
  const positions = positionRanges();
  const begunMs = performance.now();
  let taken = 0;
  let acknowledged = 0;
  let underWay: Promise<void> = Promise.resolve();

  async function send(): Promise<void> {
    await underWay;
    if (waiting.count === 0) return;
    const batch = waiting.take();
    underWay = producer.send(batch).then((acks) => {
      for (const ack of acks) {
        positions.add(ack);
        acknowledged += ack.count;
      }
      onProgress(acknowledged);
    });
    // Awaited at the next send; until then a failure is not unhandled.
    underWay.catch(() => {});
  }

  for await (const message of messages) {
    const held = hold?.(taken);
    if (held !== undefined) {
      await send();
      await underWay;
      await held;
    }
    if (rate !== null) {
      const dueMs = begunMs + (taken * 1000) / rate;
      if (performance.now() < dueMs) {
        await send();
        await underWay;
        await pause(Math.max(SHORTEST_PAUSE_MS, dueMs - performance.now()), signal);
      }
    }
    // A record that would not fit beside others goes alone: the bound is on the whole batch.
    if (recordSize(message) >= bytesAPartition) await send();
    waiting.add(message);
    taken += 1;
    if (waiting.full) await send();
    if (signal?.aborted) break;
  }
  await send();
  await underWay;
  const seconds = (performance.now() - begunMs) / 1000;
  return { records: acknowledged, seconds, positions: positions.ranges() };
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
  });
}
