import type { Headers } from '../producer/key-value.ts';
import type { Position } from './statements.ts';

/** The header of a redriven record: the position it first had, `TOPIC/PARTITION/OFFSET`. */
export const REDRIVE_HEADER = 'millrace-redrive';

/** A record that has been sent again, wherever it ended: its bytes are those of its origin. */
export interface RedrivenRecord extends Position {
  /** Offset of the origin, in the same partition and below the record's own. */
  readonly origin: number;
}

/**
 * Positions that are one record, sent again and again into its partition: the origin, and those that were sent with
 * its name.
 * Of a chain the latest record alone counts.
 */
export interface Chains {
  /** The position that a record first had: its own, where it has not been redriven. */
  originOf(position: Position): Position;
  /** The latest record of a position's chain: the position itself, where it has not been redriven. */
  latestOf(position: Position): Position;
  /** All positions that a later one of their chain stands for. */
  readonly earlier: readonly Position[];
}

const keyOf = ({ partition, offset }: Position): string => `${partition}/${offset}`;

/** @param redriven in any order; one may come twice, as in bronze */
export function chainsOf(redriven: Iterable<RedrivenRecord>): Chains {
  const origins = new Map<string, Position>();
  const latest = new Map<string, Position>();
  const members = new Map<string, Position>();
  for (const record of redriven) {
    const { partition, offset } = record;
    const position = { partition, offset };
    const origin = { partition, offset: record.origin };
    const chain = keyOf(origin);
    origins.set(keyOf(position), origin);
    members.set(chain, origin).set(keyOf(position), position);
    if (offset > (latest.get(chain)?.offset ?? -1)) latest.set(chain, position);
  }
  const originOf = (position: Position) => origins.get(keyOf(position)) ?? position;
  const latestOf = (position: Position) => latest.get(keyOf(originOf(position))) ?? position;
  return {
    originOf,
    latestOf,
    earlier: [...members.values()].filter((one) => latestOf(one).offset > one.offset),
  };
}

/**
 * The headers of a record when it is sent again: its own, and its origin. They come through the function that sends
 * them with two losses (lambdas/kafka-access/headers.ts): a null value becomes an empty one, and headers of one name
 * move together.
 */
export function redriveHeaders(topic: string, origin: Position, headers: Headers | null): Headers {
  return [
    ...(headers ?? []).filter(([name]) => name !== REDRIVE_HEADER),
    [REDRIVE_HEADER, Buffer.from(`${topic}/${origin.partition}/${origin.offset}`)],
  ];
}
