import type { Manifest } from '../../lib/contract/manifest.ts';
import { valueAt } from './generic.ts';
import { partitionOf } from './partition.ts';

/** A record to send; null stands for Kafka's null. */
export interface Message {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Gives a value its key and partition; records without a key go to the partitions in turn. */
export type Addressing = (event: unknown, value: Buffer | null) => Message;

/** Where the column stands in the event. */
export function pathOf(manifest: Manifest, column: string): readonly string[] {
  return manifest.fields.find((field) => field.column === column)?.path ?? [column];
}

export function addressing(manifest: Manifest, partitions: number): Addressing {
  const keyPath = pathOf(manifest, manifest.topic.key);
  const known = new Map<string, { key: Buffer; partition: number }>();
  let keyless = 0;
  return (event, value) => {
    const text = valueAt(event, keyPath);
    if (typeof text !== 'string') return { partition: keyless++ % partitions, key: null, value };
    let place = known.get(text);
    if (place === undefined) {
      const key = Buffer.from(text);
      place = { key, partition: partitionOf(key, partitions) };
      known.set(text, place);
    }
    return { partition: place.partition, key: place.key, value };
  };
}
