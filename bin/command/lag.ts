import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { allDatasets } from '../../lib/datasets/index.ts';
import type { State } from '../../localstack/state.ts';
import { awsSettings, bucketOf } from './running.ts';

/** How far a partition is: each an offset, the next that will be written or read. */
export interface Lag {
  readonly dataset: string;
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
  /** Committed by the landing function's group; 0 before its first commit. */
  readonly landed: number;
  /** Committed to silver; 0 before the first batch. */
  readonly silver: number;
}

type Offsets = ReadonlyMap<number, number>;

/** The value at a path of nested objects, where there is one. */
function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** The consumer group of the event source mapping that reads a topic. */
function groupOf(state: State, topic: string): string | undefined {
  const found = Object.values(state.resources)
    .filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping')
    .find(({ properties }) => [valueAt(properties, 'Topics')].flat().includes(topic));
  const group = valueAt(found?.properties, 'AmazonManagedKafkaEventSourceConfig', 'ConsumerGroupId');
  return typeof group === 'string' ? group : undefined;
}

async function silverOffsets(state: State, dataset: string, s3: S3Client): Promise<Offsets> {
  const place = { Bucket: bucketOf(state, 'State'), Key: `progress/${dataset}/silver.json` };
  try {
    const { Body } = await s3.send(new GetObjectCommand(place));
    const progress: unknown = JSON.parse((await Body?.transformToString()) ?? '{}');
    const partitions = valueAt(progress, 'partitions') ?? {};
    return new Map(
      Object.entries(partitions).map(([partition, each]) => [
        Number(partition),
        Number(valueAt(each, 'until')),
      ]),
    );
  } catch (error) {
    if (error instanceof NoSuchKey) return new Map();
    throw error;
  }
}

async function landedOffsets(admin: Admin, group: string | undefined, topic: string): Promise<Offsets> {
  if (group === undefined) return new Map();
  const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  // kafkajs says -1 where the group has committed nothing.
  return new Map(found?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
}

/** How far landing and silver are in every partition of every dataset's topic. */
export async function lagOf(state: State): Promise<Lag[]> {
  const kafka = new Kafka({
    clientId: 'millrace-status',
    brokers: [state.endpoints.kafka],
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  const s3 = new S3Client({ ...awsSettings(state, 's3'), forcePathStyle: true });
  try {
    await admin.connect();
    const lags: Lag[] = [];
    for (const { manifest } of await allDatasets()) {
      const { dataset } = manifest;
      const topic = manifest.topic.name;
      const [ends, landed, silver] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        landedOffsets(admin, groupOf(state, topic), topic),
        silverOffsets(state, dataset, s3),
      ]);
      for (const { partition, high } of ends.sort((a, b) => a.partition - b.partition)) {
        const reached = { landed: landed.get(partition) ?? 0, silver: silver.get(partition) ?? 0 };
        lags.push({ dataset, topic, partition, end: Number(high), ...reached });
      }
    }
    return lags;
  } finally {
    await admin.disconnect();
    s3.destroy();
  }
}
