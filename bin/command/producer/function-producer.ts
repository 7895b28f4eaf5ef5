import type { KafkaFunction } from '../../../lambdas/shared/kafka-function.ts';
import { type KeyValue, recordSize } from './key-value.ts';
import type { Acknowledged, Producer } from './producer.ts';

type Records = ReadonlyMap<number, readonly KeyValue[]>;

/** Lambda takes a request of 6 MB; base64 makes four bytes of three. */
const REQUEST_BYTES = 3 * 1024 * 1024;

/** A producer by way of the function beside the brokers. @throws MillraceError MR601 */
export async function openFunctionProducer(kafka: KafkaFunction, topic: string): Promise<Producer> {
  const { high } = await kafka.ask({ ask: 'offsets', topic });
  return {
    partitions: high.length,
    async send(records) {
      const acknowledged: Acknowledged[] = [];
      for (const part of partsOf(records)) {
        const answer = await kafka.ask({ ask: 'append', topic, batches: part.map(encoded) });
        acknowledged.push(...answer.acknowledged);
      }
      return acknowledged;
    },
    close: async () => undefined,
  };
}

const base64 = (bytes: Buffer | null) => bytes?.toString('base64') ?? null;

function encoded([partition, list]: readonly [number, readonly KeyValue[]]) {
  const records = list.map(({ key, value, headers }) => ({
    key: base64(key),
    value: base64(value),
    ...(headers === undefined
      ? {}
      : { headers: headers.map(([name, bytes]): [string, string | null] => [name, base64(bytes)]) }),
  }));
  return { partition, records };
}

/** The partitions' lists, as many in one request as fit. */
export function partsOf(records: Records): (readonly [number, readonly KeyValue[]])[][] {
  const parts: (readonly [number, readonly KeyValue[]])[][] = [];
  let room = 0;
  for (const entry of records) {
    const size = entry[1].reduce((sum, record) => sum + recordSize(record), 0);
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = REQUEST_BYTES;
    }
    parts.at(-1)?.push(entry);
    room -= size;
  }
  return parts;
}
