import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { crc32c } from './crc32c.ts';

/** A record's key and value; null stands for Kafka's null. */
export interface KeyValue {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Who writes, and with which number the batch begins: by these the broker drops a batch sent twice. */
export interface Sequence {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly first: number;
}

const compress = promisify(zstdCompress);
const ZSTD = 4;
/** Offset, length, leader epoch, magic, checksum: what stands before the part that the checksum covers. */
const BEFORE_CHECKSUM = 21;
const HEADER = 61;
/** Length, attributes, two deltas, two sizes, header count, at their longest. */
const RECORD_OVERHEAD = 28;

/** An upper bound of a record's size in a batch, bytes. */
export function recordSize({ key, value }: KeyValue): number {
  return RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0);
}

/**
 * A record batch of Kafka's message format 2, compressed by ZSTD: written at one go into one buffer, which is what
 * makes a producer fast in JavaScript.
 * @param timestampMs CreateTime of all records; a topic with LogAppendTime overwrites it
 */
export async function encodeBatch(
  records: readonly KeyValue[],
  sequence: Sequence,
  timestampMs: number,
): Promise<Buffer> {
  const body = await compress(encodeRecords(records), {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
  const batch = Buffer.allocUnsafe(HEADER + body.length);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(HEADER + body.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(ZSTD, 21);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(timestampMs), 27);
  batch.writeBigInt64BE(BigInt(timestampMs), 35);
  batch.writeBigInt64BE(sequence.producerId, 43);
  batch.writeInt16BE(sequence.epoch, 51);
  batch.writeInt32BE(sequence.first, 53);
  batch.writeInt32BE(records.length, 57);
  body.copy(batch, HEADER);
  batch.writeUInt32BE(crc32c(batch.subarray(BEFORE_CHECKSUM)), 17);
  return batch;
}

function encodeRecords(records: readonly KeyValue[]): Buffer {
  let most = 0;
  for (const record of records) most += recordSize(record);
  const buffer = Buffer.allocUnsafe(most);
  let at = 0;
  for (let offset = 0; offset < records.length; offset += 1) {
    const record = records[offset];
    if (record === undefined) break;
    const { key, value } = record;
    const size = 3 + sizeOfVarint(offset) + sizeOfBytes(key) + sizeOfBytes(value);
    at = writeVarint(buffer, at, size);
    // Attributes 0, timestamp delta 0.
    buffer[at++] = 0;
    buffer[at++] = 0;
    at = writeVarint(buffer, at, offset);
    at = writeBytes(buffer, at, key);
    at = writeBytes(buffer, at, value);
    // No headers.
    buffer[at++] = 0;
  }
  return buffer.subarray(0, at);
}

/** Bytes of a zigzag varint of `value`, which is -1 or more. */
function sizeOfVarint(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 7;
  let size = 1;
  while (rest !== 0) {
    rest >>>= 7;
    size += 1;
  }
  return size;
}

function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

function sizeOfBytes(bytes: Buffer | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

function writeBytes(buffer: Buffer, start: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(buffer, start, -1);
  const at = writeVarint(buffer, start, bytes.length);
  bytes.copy(buffer, at);
  return at + bytes.length;
}
