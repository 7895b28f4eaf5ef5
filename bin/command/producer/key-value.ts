/** Headers in their order, by name; null stands for Kafka's null. */
export type Headers = readonly (readonly [name: string, value: Buffer | null])[];

/** A record's key, value and headers; null stands for Kafka's null. */
export interface KeyValue {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Headers;
}

/** Length, attributes, two deltas, two sizes, header count, at their longest. */
const RECORD_OVERHEAD = 28;
/** The two sizes of a header, at their longest. */
const HEADER_OVERHEAD = 10;

/** An upper bound of a record's size in a batch, bytes. */
export function recordSize({ key, value, headers = [] }: KeyValue): number {
  const bytes = headers.reduce(
    (sum, [name, one]) => sum + HEADER_OVERHEAD + Buffer.byteLength(name) + (one?.length ?? 0),
    RECORD_OVERHEAD,
  );
  return bytes + (key?.length ?? 0) + (value?.length ?? 0);
}
