/** A record's key and value; null stands for Kafka's null. */
export interface KeyValue {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Length, attributes, two deltas, two sizes, header count, at their longest. */
const RECORD_OVERHEAD = 28;

/** An upper bound of a record's size in a batch, bytes. */
export function recordSize({ key, value }: KeyValue): number {
  return RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0);
}
