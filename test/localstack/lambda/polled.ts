import type { KafkaMessage } from 'kafkajs';
import type { EventSource, PolledRecord } from '../../../localstack/lambda/record.ts';

export const source: EventSource = {
  eventSourceArn: 'arn:aws:kafka:us-east-1:0:cluster/c/1',
  bootstrapServers: '127.0.0.1:9092',
};

export function message(offset: number, changes: Record<string, unknown> = {}): KafkaMessage {
  return {
    key: Buffer.from('k'),
    value: Buffer.from(`value ${offset}`),
    timestamp: '1700000000123',
    attributes: 0,
    offset: String(offset),
    headers: {},
    batchContext: { timestampType: 1 },
    ...changes,
  } as unknown as KafkaMessage;
}

/** A record whose JSON is `bytes` long, and names its position. */
export function polled(partition: string, offset: number, bytes = 60): PolledRecord {
  const head = `{"partition":"${partition}","offset":${offset},"fill":"`;
  const json = `${head}${'x'.repeat(Math.max(0, bytes - head.length - 2))}"}`;
  return { partition, offset, timestamp: 0, json, bytes: json.length };
}
