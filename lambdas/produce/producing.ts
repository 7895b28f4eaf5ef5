import type { SQSRecord } from 'aws-lambda';
import type { TopicWriter } from '../kafka-access/topic-writer.ts';
import { type QueuedRecord, unpacked } from '../shared/queued-records.ts';
import { partitionOf } from '../simulate/partition.ts';

/** What an SQS event source mapping with ReportBatchItemFailures takes. */
export interface PartialResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export interface Produced {
  readonly messages: number;
  /** Records that the brokers have acknowledged. */
  readonly records: number;
  /** Messages to be delivered again. */
  readonly failures: readonly { readonly messageId: string; readonly cause: unknown }[];
}

export interface Producing {
  readonly topic: string;
  readonly partitions: number;
  writer(): Promise<TopicWriter>;
  /** The writer failed: the next one must be new, for what an idempotent producer has left open is unknown. */
  discard(): Promise<void>;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Records by partition, each in its order; those without a key go to the partitions in turn. */
export function batchesOf(
  records: readonly QueuedRecord[],
  partitions: number,
): { partition: number; records: { key: string | null; value: string }[] }[] {
  let keyless = 0;
  const placed = records.map(({ key, value }) => ({
    partition: key === null ? keyless++ % partitions : partitionOf(Buffer.from(key), partitions),
    record: { key: key === null ? null : base64(key), value: base64(value) },
  }));
  return [...Map.groupBy(placed, ({ partition }) => partition)].map(([partition, of]) => ({
    partition,
    records: of.map(({ record }) => record),
  }));
}

/**
 * Writes each message's records to the topic, one message after the other. A message that fails is delivered again,
 * whole: what of it was written already stands twice in the topic, and once in silver.
 */
export async function produce(producing: Producing, messages: readonly SQSRecord[]): Promise<Produced> {
  let records = 0;
  const failures: { messageId: string; cause: unknown }[] = [];
  for (const { messageId, body } of messages) {
    try {
      records += await write(producing, unpacked(body));
    } catch (cause) {
      failures.push({ messageId, cause });
    }
  }
  return { messages: messages.length, records, failures };
}

async function write(producing: Producing, records: readonly QueuedRecord[]): Promise<number> {
  const { topic, partitions } = producing;
  try {
    const writer = await producing.writer();
    await writer.append(topic, batchesOf(records, partitions));
    return records.length;
  } catch (error) {
    await producing.discard();
    throw error;
  }
}
