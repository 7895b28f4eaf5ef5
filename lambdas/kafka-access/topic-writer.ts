import kafkajs from 'kafkajs';
import type { Connection } from './connection.ts';
import { kafkaHeaders } from './headers.ts';
import type { Answers, Request } from './request.ts';
import { registerZstd } from './zstd.ts';

// A CommonJS module whose constants Node does not see as named exports.
const { CompressionTypes, Kafka, logLevel } = kafkajs;

type Batches = Extract<Request, { readonly ask: 'append' }>['batches'];

export interface TopicWriter {
  /** Resolves when all replicas have acknowledged. The caller waits for one call before the next. */
  append(topic: string, batches: Batches): Promise<Answers['append']>;
  close(): Promise<void>;
}

/** An idempotent producer: acks = all, ZSTD. */
export async function openWriter(connection: Connection): Promise<TopicWriter> {
  registerZstd();
  const kafka = new Kafka({ ...connection, clientId: 'millrace-kafka-access', logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const bytes = (text: string | null) => (text === null ? null : Buffer.from(text, 'base64'));
  return {
    async append(topic, batches) {
      const messages = batches.flatMap(({ partition, records }) =>
        records.map(({ key, value, headers }) => ({
          partition,
          key: bytes(key),
          value: bytes(value),
          ...(headers === undefined
            ? {}
            : { headers: kafkaHeaders(headers.map(([name, text]) => [name, bytes(text)])) }),
        })),
      );
      const answers = await producer.send({ topic, acks: -1, compression: CompressionTypes.ZSTD, messages });
      const counts = new Map(batches.map(({ partition, records }) => [partition, records.length]));
      return {
        acknowledged: answers.map(({ partition, baseOffset }) => ({
          partition,
          baseOffset: Number(baseOffset ?? -1),
          count: counts.get(partition) ?? 0,
        })),
      };
    },
    close: () => producer.disconnect(),
  };
}
