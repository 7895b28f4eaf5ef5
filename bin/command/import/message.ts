import { valueAt } from '../../../lambdas/simulate/generic.ts';
import type { Message } from '../../../lambdas/simulate/message.ts';
import { partitionOf } from '../../../lambdas/simulate/partition.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { recordSize } from '../producer/key-value.ts';
import type { ReadRow } from './batch.ts';

/** Makes the messages of one topic. */
export interface Messages {
  event(event: object): Message;
  /** Whether the topic takes it. It may be packed to less than that, but none shall depend on how well. */
  fits(message: Message): boolean;
  /** A row that cannot be an event: the landing puts it in quarantine with its reason. */
  rejected(rejection: { readonly path: string; readonly detail: string }, row: ReadRow['row']): Message;
}

/** Of a batch, beside its records: its header, and what ZSTD adds to what it cannot pack. */
const BATCH_OVERHEAD = 128;

/** Of a topic's bound, what a row may take beside all that comes with it. */
const ROW_SHARE = 0.5;

export function messages({ fields, topic }: Manifest, partitions: number): Messages {
  const keyPath = fields.find(({ column }) => column === topic.key)?.path ?? [topic.key];
  let keyless = 0;
  const withoutKey = (value: Buffer): Message => ({ partition: keyless++ % partitions, key: null, value });
  return {
    event(event) {
      const value = Buffer.from(JSON.stringify(event));
      const text = valueAt(event, keyPath);
      if (typeof text !== 'string') return withoutKey(value);
      const key = Buffer.from(text);
      return { partition: partitionOf(key, partitions), key, value };
    },
    fits: (message) => recordSize(message) + BATCH_OVERHEAD <= topic.maxMessageBytes,
    rejected({ path, detail }, row) {
      const text = (value: object | null) =>
        Buffer.from(JSON.stringify({ $rejected: { path: path.toWellFormed(), detail, row: value } }, plain));
      const whole = text(row);
      return withoutKey(whole.length <= topic.maxMessageBytes * ROW_SHARE ? whole : text(null));
    },
  };
}

/** What JSON has no word for. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
