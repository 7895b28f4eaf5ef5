import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, ConsumerConfig, EachBatchPayload, Kafka } from 'kafkajs';
import type { CommittedOffset } from './committer.ts';

export interface GroupConsumerOptions {
  readonly kafka: Kafka;
  readonly config: ConsumerConfig;
  readonly topics: readonly string[];
  readonly fromBeginning: boolean;
  readonly eachBatch: (payload: EachBatchPayload) => Promise<void>;
  /** A batch without records: markers of transactions, or records of aborted ones, up to an offset. */
  readonly passed: (topic: string, partition: number, through: number) => void;
  /** The partitions that the group gives this consumer, by topic. */
  readonly assigned: (partitions: Readonly<Record<string, readonly number[]>>) => void;
  /** It fetches, for the first time since it joined: what it was asked to commit until then may not be committed. */
  readonly fetching: () => void;
  /** False while there is no broker to talk to, which is no fault of the consumer's. */
  readonly reachable: () => Promise<boolean>;
  readonly log: (line: string) => void;
  /** @default 30 s */
  readonly silenceMs?: number;
}

/** A member of a consumer group that outlives whatever becomes of its broker. */
export interface GroupConsumer {
  /** Resolves once the group is joined. */
  join(): Promise<void>;
  /** Resolves without having committed where the consumer is not in its group just then: `fetching` tells when to ask again. */
  commit(offsets: readonly CommittedOffset[]): Promise<void>;
  /** Fetches a paused partition again. */
  resume(topic: string, partition: number): void;
  stop(): Promise<void>;
}

/** A fetch ends every quarter of a second, with or without records: one that is silent for so long is not at work. */
const SILENCE_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
const LEAVE_MS = 5_000;

/**
 * kafkajs starts a consumer again after most errors, not after each, and cannot tell of one that hangs: a consumer that
 * has ended or is silent is replaced by a new one here.
 */
export function groupConsumer(options: GroupConsumerOptions): GroupConsumer {
  const { kafka, topics, fromBeginning, silenceMs = SILENCE_MS, log } = options;
  const joined = Promise.withResolvers<void>();
  const stopped = new AbortController();
  let current = kafka.consumer(options.config);
  let signMs = 0;

  const listen = (consumer: Consumer): void => {
    const { CRASH, END_BATCH_PROCESS, FETCH, FETCH_START, GROUP_JOIN } = consumer.events;
    const isCurrent = (): boolean => consumer === current;
    let fresh = false;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      // One that was replaced, and came to itself: it would be given partitions that nobody then reads.
      if (!isCurrent()) return leave(consumer);
      fresh = true;
      options.assigned(payload.memberAssignment);
      joined.resolve();
    });
    consumer.on(FETCH_START, () => {
      if (fresh && isCurrent()) options.fetching();
      fresh = false;
    });
    consumer.on(FETCH, () => {
      if (isCurrent()) signMs = Date.now();
    });
    consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart && isCurrent()) signMs = 0;
    });
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      const { topic, partition, batchSize, lastOffset } = payload;
      if (batchSize === 0 && isCurrent()) options.passed(topic, partition, Number(lastOffset));
    });
  };
  const begin = async (consumer: Consumer): Promise<void> => {
    signMs = Date.now();
    listen(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: async (payload) => {
        if (consumer === current) await options.eachBatch(payload);
      },
    });
  };
  const look = async (): Promise<void> => {
    if (Date.now() - signMs < silenceMs) return;
    if (!(await options.reachable())) {
      signMs = Date.now();
      return;
    }
    log('the consumer is silent, a new one takes its place');
    const old = current;
    current = kafka.consumer(options.config);
    leave(old).catch((error: Error) => log(`the silent consumer: ${error.message}`));
    begin(current).catch((error: Error) => log(`the new consumer: ${error.message}`));
  };
  const watch = async (): Promise<void> => {
    for await (const _ of every(Math.min(LOOK_EVERY_MS, silenceMs / 2), stopped.signal)) await look();
  };

  return {
    join: async () => {
      await begin(current);
      watch().catch((error: Error) => log(`the watch over the consumer: ${error.message}`));
      await joined.promise;
    },
    commit: (offsets) => current.commitOffsets([...offsets]),
    resume: (topic, partition) => {
      // One that has been started anew has nothing paused, and one that is about to be takes no such call.
      const paused = current
        .paused()
        .some((one) => one.topic === topic && one.partitions.includes(partition));
      if (paused) current.resume([{ topic, partitions: [partition] }]);
    },
    stop: async () => {
      stopped.abort();
      await leave(current);
    },
  };
}

async function* every(milliseconds: number, signal: AbortSignal): AsyncGenerator<void> {
  while (!signal.aborted) {
    await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
    if (!signal.aborted) yield;
  }
}

/** A consumer that hangs may never leave: its session then ends without it. */
async function leave(consumer: Consumer): Promise<void> {
  const gone = new AbortController();
  const patience = sleep(LEAVE_MS, undefined, { signal: gone.signal }).catch(() => undefined);
  await Promise.race([consumer.disconnect().finally(() => gone.abort()), patience]);
}
