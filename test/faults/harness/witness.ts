import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin, type Consumer } from 'kafkajs';
import { registerZstd } from '../../../lambdas/kafka-access/zstd.ts';

const { Kafka, logLevel } = kafkajs;

/** A record as a consumer got it. */
export interface Witnessed {
  readonly partition: number;
  readonly offset: number;
  /** The broker's, epoch milliseconds. */
  readonly timestamp: number;
  readonly value: Buffer | null;
}

/** Reads the topic from its beginning (read_committed), and remembers also what the broker has deleted since. */
export interface Witness {
  /** All readable positions up to the topic's ends of now, by partition and offset. */
  all(): Promise<readonly Witnessed[]>;
  ends(): Promise<Map<number, number>>;
  /** Asks the broker, or changes it. */
  withAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T>;
  /** Reads on when it is asked again. */
  stop(): Promise<void>;
}

const PATIENCE_MS = 120_000;

export function startWitness(broker: string, topic: string): Witness {
  registerZstd();
  const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 1_000 };
  const kafka = new Kafka({ brokers: [broker], clientId: 'witness', logLevel: logLevel.NOTHING, retry });
  /** A connection a question: the broker may have been away since the last. */
  const withAdmin = async <T>(ask: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await ask(admin);
    } finally {
      await admin.disconnect();
    }
  };
  const seen = new Map<number, Map<number, Witnessed>>();
  const reached = new Map<number, number>();
  /** Reads from the first time on that somebody asks. */
  const start = async (): Promise<Consumer> => {
    const consumer = kafka.consumer({
      groupId: `witness-${randomUUID()}`,
      // New partitions are found by asking anew.
      metadataMaxAge: 2_000,
      maxWaitTimeInMs: 100,
      retry: { ...retry, restartOnFailure: async () => true },
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
      reached.set(partition, Math.max(reached.get(partition) ?? 0, Number(lastOffset) + 1));
    });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch }) => {
        const records = seen.get(batch.partition) ?? new Map<number, Witnessed>();
        seen.set(batch.partition, records);
        for (const { offset, timestamp, value } of batch.messages) {
          const one = {
            partition: batch.partition,
            offset: Number(offset),
            timestamp: Number(timestamp),
            value,
          };
          records.set(one.offset, one);
        }
      },
    });
    return consumer;
  };
  let consumer: Promise<Consumer> | undefined;

  const ends = async (): Promise<Map<number, number>> => {
    const offsets = await withAdmin((admin) => admin.fetchTopicOffsets(topic));
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  };
  const stop = async (): Promise<void> => {
    await (await consumer)?.disconnect();
    consumer = undefined;
  };
  return {
    withAdmin,
    ends,
    stop,
    all: async () => {
      consumer ??= start();
      await consumer;
      const wanted = await ends();
      for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(50)) {
        const behind = [...wanted].filter(([partition, end]) => end > (reached.get(partition) ?? 0));
        if (behind.length === 0) break;
        if (Date.now() > deadline)
          throw new Error(`the witness does not come to the end: ${JSON.stringify(behind)}`);
      }
      return [...seen.entries()]
        .sort(([a], [b]) => a - b)
        .flatMap(([, records]) => [...records.values()].sort((a, b) => a.offset - b.offset));
    },
  };
}
