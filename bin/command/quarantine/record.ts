import { MillraceError } from '../../../lib/errors.ts';
import type { Headers } from '../producer/key-value.ts';
import type { Position } from './statements.ts';

/** A quarantined record, as the view has it. */
export interface QuarantinedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: string;
  readonly reason: string;
  readonly path: string;
  readonly detail: string;
  readonly key: Buffer | null;
  /** null: the record had no value. */
  readonly value: Buffer | null;
  /** By name, in their order; null where they are not kept, as of conflicts. */
  readonly headers: Headers | null;
}

/** A row of the view as Athena prints it: bytes are hexadecimal pairs with blanks between. */
export function recordOf(row: Readonly<Record<string, unknown>>): QuarantinedRecord {
  const text = (name: string): string => String(row[name] ?? '');
  return {
    topic: text('kafka_topic'),
    partition: Number(row.kafka_partition),
    offset: Number(row.kafka_offset),
    timestamp: text('kafka_timestamp'),
    reason: text('reason'),
    path: text('path'),
    detail: text('detail'),
    key: bytesOf(row.kafka_key),
    value: bytesOf(row.kafka_value),
    headers: typeof row.kafka_headers === 'string' ? headersIn(row.kafka_headers) : null,
  };
}

/** The column kafka_headers: a JSON array of [name, base64], null for a header without a value. */
export function headersIn(text: string): Headers {
  return (JSON.parse(text) as [string, string | null][]).map(([name, value]) => [
    name,
    value === null ? null : Buffer.from(value, 'base64'),
  ]);
}

/** Bytes as Athena prints them: hexadecimal pairs with blanks between. */
export function bytesOf(value: unknown): Buffer | null {
  return typeof value === 'string' ? Buffer.from(value.replaceAll(' ', ''), 'hex') : null;
}

/**
 * A position as it is written in commands: `TOPIC/PARTITION/OFFSET`, or `PARTITION:OFFSET` where the dataset is known.
 * @throws MillraceError MR711
 */
export function positionOf(text: string): Position & { readonly topic?: string } {
  const match = /^(?:(?<topic>[\w.-]+)\/(?<p>\d+)\/(?<o>\d+)|(?<q>\d+)[:/](?<r>\d+))$/.exec(text)?.groups;
  if (match === undefined) {
    throw new MillraceError('MR711', `${text} is no position`, {
      where: 'millrace quarantine',
      mend: 'write TOPIC/PARTITION/OFFSET or PARTITION:OFFSET, as `millrace quarantine list` prints them',
    });
  }
  const position = { partition: Number(match.p ?? match.q), offset: Number(match.o ?? match.r) };
  return match.topic === undefined ? position : { topic: match.topic, ...position };
}
