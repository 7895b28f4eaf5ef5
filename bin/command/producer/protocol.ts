import type { Api } from './connection.ts';
import { int8, int16, int32, reader, text } from './wire.ts';

/** Versions that every broker from 2.1 (ZSTD) to 4.x answers. */
export const METADATA: Api = { key: 3, version: 5 };
export const INIT_PRODUCER_ID: Api = { key: 22, version: 1 };
export const PRODUCE: Api = { key: 0, version: 7 };

const ALL_REPLICAS = -1;
const PRODUCE_TIMEOUT_MS = 30_000;

export interface Metadata {
  readonly brokers: ReadonlyMap<number, { readonly host: string; readonly port: number }>;
  readonly topicError: number;
  /** Leader (node id, -1 for none) of each partition. */
  readonly leaders: readonly number[];
}

export function metadataRequest(topic: string): Buffer[] {
  return [int32(1), text(topic), int8(0)];
}

export function metadataAnswer(body: Buffer): Metadata {
  const read = reader(body);
  read.int32();
  const brokers = read.list(() => {
    const broker = { id: read.int32(), host: read.text() ?? '', port: read.int32() };
    read.text();
    return broker;
  });
  read.text();
  read.int32();
  const topics = read.list(() => {
    const error = read.int16();
    read.text();
    read.int8();
    const partitions = read.list(() => {
      read.int16();
      const partition = { index: read.int32(), leader: read.int32() };
      for (let list = 0; list < 3; list += 1) read.list(() => read.int32());
      return partition;
    });
    return { error, partitions };
  });
  const leaders: number[] = [];
  for (const { index, leader } of topics[0]?.partitions ?? []) leaders[index] = leader;
  return {
    brokers: new Map(brokers.map(({ id, host, port }) => [id, { host, port }])),
    topicError: topics[0]?.error ?? 3,
    leaders,
  };
}

export function initProducerIdRequest(): Buffer[] {
  return [text(null), int32(60_000)];
}

export function initProducerIdAnswer(body: Buffer): { error: number; producerId: bigint; epoch: number } {
  const read = reader(body);
  read.int32();
  return { error: read.int16(), producerId: read.int64(), epoch: read.int16() };
}

export function produceRequest(topic: string, batches: ReadonlyMap<number, Buffer>): Buffer[] {
  const parts = [
    text(null),
    int16(ALL_REPLICAS),
    int32(PRODUCE_TIMEOUT_MS),
    int32(1),
    text(topic),
    int32(batches.size),
  ];
  for (const [partition, batch] of batches) parts.push(int32(partition), int32(batch.length), batch);
  return parts;
}

export interface Produced {
  readonly partition: number;
  readonly error: number;
  readonly baseOffset: number;
}

export function produceAnswer(body: Buffer): Produced[] {
  const read = reader(body);
  return read
    .list(() => {
      read.text();
      return read.list(() => {
        const produced = {
          partition: read.int32(),
          error: read.int16(),
          baseOffset: Number(read.int64()),
        };
        read.int64();
        read.int64();
        return produced;
      });
    })
    .flat();
}
