import type { Manifest, Reason } from '../../../lib/contract/manifest.ts';

/** Which quarantined records are meant. Days are UTC, of the Kafka timestamp, both inclusive. */
export interface Selection {
  readonly reason?: Reason;
  readonly from?: string;
  readonly to?: string;
}

/** A position within the dataset's topic. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function where({ reason, from, to }: Selection): string {
  const parts = [
    ...(reason === undefined ? [] : [`reason = ${literal(reason)}`]),
    ...(from === undefined ? [] : [`"date" >= ${literal(from)}`]),
    ...(to === undefined ? [] : [`"date" <= ${literal(to)}`]),
  ];
  return parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`;
}

/** Rows: reason, path, day, records; the most frequent first. */
export function countsSql({ tables }: Manifest, selection: Selection): string {
  return `SELECT reason, path, "date" AS day, COUNT(*) AS records
FROM "${tables.quarantine}"
${where(selection)}
GROUP BY reason, path, "date"
ORDER BY records DESC, day DESC, reason, path`;
}

/** Rows: position, instant, reason, path, detail; the newest first. */
export function rowsSql({ tables }: Manifest, selection: Selection, limit: number): string {
  return `SELECT
  kafka_partition AS "partition",
  kafka_offset AS "offset",
  kafka_timestamp AS "timestamp",
  reason,
  path,
  detail
FROM "${tables.quarantine}"
${where(selection)}
ORDER BY kafka_timestamp DESC, kafka_partition, kafka_offset DESC
LIMIT ${limit}`;
}

/** One row, of all columns, or none. */
export function positionSql({ tables, topic }: Manifest, { partition, offset }: Position): string {
  return `SELECT *
FROM "${tables.quarantine}"
WHERE kafka_topic = ${literal(topic.name)} AND kafka_partition = ${partition} AND kafka_offset = ${offset}`;
}
