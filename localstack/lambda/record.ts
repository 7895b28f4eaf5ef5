import type { KafkaMessage } from 'kafkajs';

/** A Kafka record, held as the text that stands for it in an MSK event. */
export interface PolledRecord {
  /** `TOPIC-PARTITION`, as the event names it. */
  readonly partition: string;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly json: string;
  /** Bytes of `json` in UTF-8. */
  readonly bytes: number;
}

/** Where the records of a mapping come from, as each event says. */
export interface EventSource {
  readonly eventSourceArn: string;
  readonly bootstrapServers: string;
}

/** Fields of a kafkajs message that its types leave out. */
interface Stamped {
  readonly batchContext?: { readonly timestampType: number };
}

type Headers = NonNullable<KafkaMessage['headers']>;

/** Lambda writes the bytes of headers as Java does: signed. kafkajs gathers repeated keys in an array. */
function headerPairs(headers: Headers): Record<string, number[] | null>[] {
  return Object.entries(headers).flatMap(([key, values]) =>
    [values].flat().map((value) => {
      const bytes = value === undefined || value === null ? null : [...new Int8Array(Buffer.from(value))];
      return { [key]: bytes };
    }),
  );
}

const base64Field = (name: string, bytes: Buffer | null): string =>
  bytes === null ? '' : `,"${name}":"${bytes.toString('base64')}"`;

/** Where the broker stamped a record (LogAppendTime), kafkajs gives the broker's time; the event says which it is. */
const timestampType = (message: KafkaMessage): string =>
  (message as Stamped).batchContext?.timestampType === 1 ? 'LOG_APPEND_TIME' : 'CREATE_TIME';

/** A record as Lambda writes it: key and value in base64, left out where null. Encoded once, however often it is sent. */
export function encodeRecord(topic: string, partition: number, message: KafkaMessage): PolledRecord {
  const { offset, timestamp, headers = {} } = message;
  const pairs = headerPairs(headers);
  const json =
    `{"topic":"${topic}","partition":${partition},"offset":${offset},"timestamp":${timestamp}` +
    `,"timestampType":"${timestampType(message)}"` +
    `${base64Field('key', message.key)}${base64Field('value', message.value)}` +
    `,"headers":${pairs.length === 0 ? '[]' : JSON.stringify(pairs)}}`;
  return {
    partition: `${topic}-${partition}`,
    offset: Number(offset),
    timestamp: Number(timestamp),
    json,
    // Names of topics are ASCII, and so is base64; only keys of headers may be longer than they look.
    bytes: pairs.length === 0 ? json.length : Buffer.byteLength(json),
  };
}

/** Bytes of an event beside its records: the envelope, and a name and brackets for each partition. */
export function envelopeBytes(source: EventSource, partitions: Iterable<string>): number {
  let bytes = Buffer.byteLength(envelope(source, ''));
  for (const partition of partitions) bytes += partition.length + '"":[],'.length;
  return bytes;
}

function envelope(source: EventSource, records: string): string {
  const arn = JSON.stringify(source.eventSourceArn);
  const servers = JSON.stringify(source.bootstrapServers);
  return `{"eventSource":"aws:kafka","eventSourceArn":${arn},"bootstrapServers":${servers},"records":{${records}}}`;
}

/** The MSK event of some records, as the JSON bytes an invocation takes. */
export function encodeEvent(source: EventSource, records: readonly PolledRecord[]): Buffer {
  const partitions = Map.groupBy(records, (record) => record.partition);
  const texts = [...partitions].map(
    ([partition, ofPartition]) => `"${partition}":[${ofPartition.map((record) => record.json).join(',')}]`,
  );
  return Buffer.from(envelope(source, texts.join(',')));
}
