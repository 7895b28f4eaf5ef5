import { type KeyValue, recordSize } from './key-value.ts';

/** Records that wait for the next send, by partition; within a partition in order. */
export interface Batching<T extends KeyValue> {
  add(record: T & { readonly partition: number }): void;
  /** True: send before adding more. */
  readonly full: boolean;
  readonly count: number;
  /** What waits; nothing waits after. */
  take(): Map<number, T[]>;
}

const MOST_RECORDS = 10_000;

/** @param bytesAPartition a bound of an uncompressed batch; one larger record makes a batch of its own */
export function batching<T extends KeyValue>(bytesAPartition: number): Batching<T> {
  let waiting = new Map<number, T[]>();
  let bytes = new Map<number, number>();
  let count = 0;
  let full = false;
  return {
    add(record) {
      const list = waiting.get(record.partition);
      if (list === undefined) waiting.set(record.partition, [record]);
      else list.push(record);
      const size = (bytes.get(record.partition) ?? 0) + recordSize(record);
      bytes.set(record.partition, size);
      count += 1;
      if (size >= bytesAPartition || count >= MOST_RECORDS) full = true;
    },
    get full() {
      return full;
    },
    get count() {
      return count;
    },
    take() {
      const taken = waiting;
      waiting = new Map();
      bytes = new Map();
      count = 0;
      full = false;
      return taken;
    },
  };
}
