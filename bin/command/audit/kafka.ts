import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { MillraceError } from '../../../lib/errors.ts';
import { registerZstd } from '../../../localstack/kafka/zstd.ts';
import type { Bounds } from './classification.ts';
import { merged, type OffsetRange } from './ranges.ts';

/** What the broker holds of a topic: offsets from `low` on, below `high`. */
export interface TopicOffsets {
  readonly low: Bounds;
  readonly high: Bounds;
}

/** The broker, as far as an audit asks it. */
export interface KafkaView {
  offsets(topic: string): Promise<TopicOffsets>;
  /** Next offsets of a consumer group; 0 where it has committed nothing. */
  committed(group: string, topic: string): Promise<Bounds>;
  /** Which offsets of the ranges a consumer (read_committed) gets: the others are gaps, such as transaction markers. */
  readable(topic: string, ranges: readonly OffsetRange[]): Promise<OffsetRange[]>;
  close(): Promise<void>;
}

/** A consumer that gets nothing for so long has read what there is. */
const QUIET_MS = 8_000;

/** @throws MillraceError MR601: the broker does not answer */
export async function openKafka(brokers: readonly string[]): Promise<KafkaView> {
  registerZstd();
  const kafka = new Kafka({
    clientId: 'millrace-audit',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 200, retries: 6 },
  });
  const admin = kafka.admin();
  await asking(brokers, () => admin.connect());

  return {
    async offsets(topic) {
      const found = await asking(brokers, () => admin.fetchTopicOffsets(topic));
      return {
        low: new Map(found.map(({ partition, low }) => [partition, Number(low)])),
        high: new Map(found.map(({ partition, high }) => [partition, Number(high)])),
      };
    },
    async committed(group, topic) {
      const found = await asking(brokers, () => admin.fetchOffsets({ groupId: group, topics: [topic] }));
      const partitions = found.flatMap((one) => one.partitions);
      return new Map(partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
    },
    async readable(topic, ranges) {
      if (ranges.length === 0) return [];
      const groupId = `millrace-audit-${randomUUID()}`;
      try {
        return await read(kafka, groupId, topic, merged(ranges));
      } finally {
        await admin.deleteGroups([groupId]).catch(() => undefined);
      }
    },
    close: () => admin.disconnect(),
  };
}

async function read(
  kafka: Kafka,
  groupId: string,
  topic: string,
  ranges: readonly OffsetRange[],
): Promise<OffsetRange[]> {
  const byPartition = Map.groupBy(ranges, (range) => range.partition);
  const pending = new Map([...byPartition].map(([partition, list]) => [partition, list.at(-1)?.last ?? -1]));
  const found: OffsetRange[] = [];
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, readUncommitted: false });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      let quiet = setTimeout(resolve, QUIET_MS);
      const { CRASH, GROUP_JOIN } = consumer.events;
      consumer.on(CRASH, ({ payload }) => reject(payload.error));
      consumer.on(GROUP_JOIN, ({ payload }) => {
        const others = (payload.memberAssignment[topic] ?? []).filter((partition) => !pending.has(partition));
        if (others.length > 0) consumer.pause([{ topic, partitions: others }]);
        for (const [partition, list] of byPartition) {
          consumer.seek({ topic, partition, offset: String(list[0]?.first ?? 0) });
        }
      });
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            clearTimeout(quiet);
            quiet = setTimeout(resolve, QUIET_MS);
            const { partition } = batch;
            for (const { offset } of batch.messages) {
              found.push({ partition, first: Number(offset), last: Number(offset) });
            }
            const last = pending.get(partition);
            if (last !== undefined && Number(batch.lastOffset()) >= last) pending.delete(partition);
            if (pending.size === 0) {
              clearTimeout(quiet);
              resolve();
            }
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return merged(found);
}

async function asking<T>(brokers: readonly string[], question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError('MR601', `the broker did not answer: ${what}`, {
      where: brokers.join(', '),
      mend: 'see `npx millrace status` and `npx millrace logs kafka`',
      cause,
    });
  }
}
