import kafkajs from 'kafkajs';
import { kafkaHeaders } from '../../../lambdas/kafka-access/headers.ts';
import { registerZstd } from '../../../lambdas/kafka-access/zstd.ts';
import type { KeyValue } from './key-value.ts';
import { noTopic, refused, unreachable } from './refusal.ts';

const { CompressionTypes, Kafka, KafkaJSNonRetriableError, logLevel } = kafkajs;

/** Positions the broker acknowledged: `count` from `baseOffset` on. */
export interface Acknowledged {
  readonly partition: number;
  readonly baseOffset: number;
  readonly count: number;
}

export interface Producer {
  /** How many partitions the topic has. */
  readonly partitions: number;
  /**
   * Appends records, in order, each list to its partition; resolves when all are acknowledged by all replicas. The
   * caller waits for one call before the next: so order holds and a repeat is recognised.
   * @throws MillraceError MR511 (refused), MR512 (no broker took them)
   */
  send(records: ReadonlyMap<number, readonly KeyValue[]>): Promise<Acknowledged[]>;
  close(): Promise<void>;
}

export interface ProducerOptions {
  /** `HOST:PORT` of the brokers to ask first. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Told when an attempt fails and another will be made. */
  readonly onRetry?: (reason: string) => void;
}

/** Attempts at growing pauses up to a second: an outage of about two minutes is waited out. */
const PATIENCE = { initialRetryTime: 50, maxRetryTime: 1_000, multiplier: 2, retries: 120 };
const REQUEST_MS = 30_000;

/** Of kafkajs's log only the errors matter: each is followed by another attempt. */
function client(brokers: readonly string[], onRetry: (reason: string) => void) {
  return new Kafka({
    clientId: 'millrace',
    brokers: [...brokers],
    requestTimeout: REQUEST_MS,
    retry: PATIENCE,
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ log }) =>
        onRetry(log.message),
  });
}

/**
 * An idempotent producer (acks = all, ZSTD) for one topic.
 * @throws MillraceError MR512 (no broker), MR513 (no such topic)
 */
export async function openProducer(options: ProducerOptions): Promise<Producer> {
  const { brokers, topic, onRetry = () => {} } = options;
  registerZstd();
  const kafka = client(brokers, onRetry);
  const partitions = await partitionCount(kafka, options);
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: PATIENCE });
  await producer.connect().catch((error: unknown) => {
    throw unreachable(error, brokers);
  });
  return {
    partitions,
    async send(records) {
      const messages = [...records].flatMap(([partition, list]) =>
        list.map(({ key, value, headers }) => ({
          partition,
          key,
          value,
          ...(headers === undefined ? {} : { headers: kafkaHeaders(headers) }),
        })),
      );
      try {
        const answers = await producer.send({
          topic,
          acks: -1,
          compression: CompressionTypes.ZSTD,
          messages,
        });
        return answers.map(({ partition, baseOffset }) => ({
          partition,
          baseOffset: Number(baseOffset ?? -1),
          count: records.get(partition)?.length ?? 0,
        }));
      } catch (error) {
        throw error instanceof KafkaJSNonRetriableError && !('retryCount' in error)
          ? refused(error, topic)
          : unreachable(error, brokers);
      }
    },
    close: () => producer.disconnect(),
  };
}

async function partitionCount(
  kafka: InstanceType<typeof Kafka>,
  { brokers, topic }: ProducerOptions,
): Promise<number> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    if (!(await admin.listTopics()).includes(topic)) throw noTopic(topic);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length ?? 0;
  } catch (error) {
    throw error instanceof Error && error.name === 'MillraceError' ? error : unreachable(error, brokers);
  } finally {
    await admin.disconnect();
  }
}
