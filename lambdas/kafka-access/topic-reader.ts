import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { MillraceError } from '../../lib/errors.ts';
import type { Connection } from './connection.ts';
import { fetches } from './fetches.ts';
import type { Answers, Range } from './request.ts';
import { registerZstd } from './zstd.ts';

/** The brokers, as far as they are asked and not written to. */
export interface TopicReader {
  offsets(topic: string): Promise<Answers['offsets']>;
  /** The end of a partition that holds nothing so new. */
  offsetsAt(topic: string, atMs: number): Promise<Answers['offsetsAt']>;
  /** 0 where the group has committed nothing. */
  committed(group: string, topic: string): Promise<Answers['committed']>;
  /** `ranges` are in order, without overlaps; the offsets that are missing in the answer are gaps, such as transaction markers. */
  readable(topic: string, ranges: readonly Range[]): Promise<Answers['readable']>;
  close(): Promise<void>;
}

/** Consumer groups that `readable` makes, and removes again. */
export const READING_GROUP = 'millrace-audit-';

/** A consumer that has its partitions and is answered with nothing for so long has read what there is. */
const QUIET_MS = 8_000;
/** How often a consumer may be quiet without an answer, one time after the other. */
const MOST_QUIET = 3;

export async function openReader(connection: Connection): Promise<TopicReader> {
  registerZstd();
  const kafka = new Kafka({
    ...connection,
    clientId: 'millrace-kafka-access',
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 200, retries: 6 },
  });
  const admin = kafka.admin();
  await admin.connect();
  return {
    async offsets(topic) {
      const found = await admin.fetchTopicOffsets(topic);
      return {
        low: found.map(({ partition, low }) => [partition, Number(low)]),
        high: found.map(({ partition, high }) => [partition, Number(high)]),
      };
    },
    async offsetsAt(topic, atMs) {
      const found = await admin.fetchTopicOffsetsByTimestamp(topic, atMs);
      return { offsets: found.map(({ partition, offset }) => [partition, Number(offset)]) };
    },
    async committed(group, topic) {
      const found = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const partitions = found.flatMap((one) => one.partitions);
      return {
        offsets: partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]),
      };
    },
    readable: (topic, ranges) => readable(kafka, admin, topic, ranges),
    close: () => admin.disconnect(),
  };
}

async function readable(
  kafka: Kafka,
  admin: Admin,
  topic: string,
  ranges: readonly Range[],
): Promise<Answers['readable']> {
  if (ranges.length === 0) return { ranges: [] };
  const groupId = `${READING_GROUP}${randomUUID()}`;
  try {
    return { ranges: await read(kafka, groupId, topic, ranges) };
  } finally {
    await admin.deleteGroups([groupId]).catch(() => undefined);
  }
}

async function read(
  kafka: Kafka,
  groupId: string,
  topic: string,
  ranges: readonly Range[],
): Promise<Range[]> {
  const byPartition = Map.groupBy(ranges, (range) => range.partition);
  const pending = new Map([...byPartition].map(([partition, list]) => [partition, list.at(-1)?.last ?? -1]));
  const found = runs();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, readUncommitted: false });
  await consumer.connect();
  let quiet: NodeJS.Timeout | undefined;
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const answers = fetches();
      const wait = (times = 1) => {
        clearTimeout(quiet);
        quiet = setTimeout(() => {
          if (answers.areEmpty()) resolve();
          else if (times < MOST_QUIET) wait(times + 1);
          else reject(silent(topic));
        }, QUIET_MS);
      };
      /** A batch may end in records that are not for a consumer, or have no others. */
      const reached = (partition: number, offset: number) => {
        const last = pending.get(partition);
        if (last !== undefined && offset >= last) pending.delete(partition);
        if (pending.size === 0) resolve();
      };
      const { CRASH, GROUP_JOIN, FETCH_START, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS } =
        consumer.events;
      consumer.on(FETCH_START, ({ payload }) => answers.asked(payload.nodeId));
      consumer.on(FETCH, ({ payload }) => answers.answered(payload.nodeId));
      consumer.on(START_BATCH_PROCESS, () => answers.filled());
      consumer.on(END_BATCH_PROCESS, ({ payload }) => {
        wait();
        reached(payload.partition, Number(payload.lastOffset));
      });
      // A broker that has just started answers after some attempts; until then, quiet says nothing.
      consumer.on(CRASH, ({ payload }) => {
        clearTimeout(quiet);
        answers.forget();
        if (!payload.restart) reject(payload.error);
      });
      consumer.on(GROUP_JOIN, ({ payload }) => {
        answers.forget();
        const others = (payload.memberAssignment[topic] ?? []).filter((partition) => !pending.has(partition));
        if (others.length > 0) consumer.pause([{ topic, partitions: others }]);
        for (const [partition, list] of byPartition) {
          consumer.seek({ topic, partition, offset: String(list[0]?.first ?? 0) });
        }
        wait();
      });
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch: { partition, messages } }) => {
            for (const { offset } of messages) found.add(partition, Number(offset));
          },
        })
        .catch(reject);
    });
  } finally {
    clearTimeout(quiet);
    await consumer.disconnect();
  }
  return found.ranges;
}

function silent(topic: string): MillraceError {
  return new MillraceError('MR601', 'the brokers stopped answering while records were read', {
    where: `topic ${topic}`,
    mend: 'look at the brokers, then try again: what was not read is neither there nor missing',
  });
}

/** Offsets as they come, as runs without a gap: an answer has a bound of 6 MB. */
function runs(): { readonly ranges: Range[]; add(partition: number, offset: number): void } {
  const ranges: Range[] = [];
  const open = new Map<number, Range>();
  return {
    ranges,
    add(partition, offset) {
      const range = open.get(partition);
      if (range !== undefined && offset === range.last + 1) {
        range.last = offset;
        return;
      }
      const next = { partition, first: offset, last: offset };
      open.set(partition, next);
      ranges.push(next);
    },
  };
}
