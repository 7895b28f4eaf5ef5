import type { Manifest, Reason } from '../../../lib/contract/manifest.ts';

/** Which quarantined records are meant. Days are UTC, of the Kafka timestamp, both inclusive. */
export interface Selection {
  /** Any of these. */
  readonly reasons?: readonly Reason[];
  readonly from?: string;
  readonly to?: string;
}

/** A position within the dataset's topic. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function where({ reasons, from, to }: Selection): string {
  const parts = [
    ...(reasons === undefined ? [] : [`reason IN (${reasons.map(literal).join(', ')})`]),
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

/** Rows: partition, offset, reason, path, day; of all that a selection means. */
export function standingsSql({ tables }: Manifest, selection: Selection): string {
  return `SELECT kafka_partition AS "partition", kafka_offset AS "offset", reason, path, "date" AS day
FROM "${tables.quarantine}"
${where(selection)}`;
}

/**
 * Rows: partition, offset, origin; of all records whose header names an earlier record (`TOPIC/PARTITION/OFFSET`) of
 * the same partition, key and value. Anyone may send the header, so a name alone proves nothing. One may come twice.
 *
 * The few records that bear the header are the side a join keeps in memory; the offsets they name let the engine skip
 * the bytes of others.
 * @param from UTC day of the Kafka timestamps, inclusive; of both records
 */
export function redrivenSql({ tables, topic }: Manifest, header: string, from: string | undefined): string {
  const since = from === undefined ? '' : ` AND "date" >= ${literal(from)}`;
  const name = `regexp_extract(kafka_headers, ${literal(`\\["${header}","([^"]*)"\\]`)}, 1)`;
  return `SELECT sent."partition", sent."offset", origin.kafka_offset AS origin
FROM (
  SELECT kafka_partition, kafka_offset, kafka_key, kafka_value
  FROM "${tables.bronze}"
  WHERE kafka_topic = ${literal(topic.name)}${since}
) AS origin
JOIN (
  SELECT kafka_partition AS "partition", kafka_offset AS "offset", kafka_key, kafka_value,
    TRY(from_utf8(from_base64(${name}))) AS named
  FROM "${tables.bronze}"
  WHERE kafka_headers LIKE ${literal(`%["${header}",%`)}${since}
) AS sent
ON origin.kafka_partition = sent."partition"
  AND origin.kafka_offset = TRY_CAST(split_part(sent.named, '/', 3) AS bigint)
  AND origin.kafka_offset < sent."offset"
  AND sent.named = ${literal(`${topic.name}/`)} || CAST(origin.kafka_partition AS varchar) || '/' || CAST(origin.kafka_offset AS varchar)
  AND origin.kafka_key IS NOT DISTINCT FROM sent.kafka_key
  AND origin.kafka_value IS NOT DISTINCT FROM sent.kafka_value`;
}

/**
 * Rows: partition, offset, key, value, headers, as bronze has them, by partition and offset; one may come twice.
 * @param days UTC, of the Kafka timestamps, both inclusive
 */
export function bytesSql(
  { tables }: Manifest,
  positions: readonly Position[],
  days: { readonly from: string; readonly to: string },
): string {
  const partitions = [...Map.groupBy(positions, ({ partition }) => partition)].map(
    ([partition, list]) =>
      `(kafka_partition = ${partition} AND kafka_offset IN (${list.map(({ offset }) => offset).join(', ')}))`,
  );
  return `SELECT
  kafka_partition AS "partition",
  kafka_offset AS "offset",
  kafka_key AS "key",
  kafka_value AS "value",
  kafka_headers AS headers
FROM "${tables.bronze}"
WHERE "date" BETWEEN ${literal(days.from)} AND ${literal(days.to)}
  AND (${partitions.join(' OR ')})
ORDER BY 1, 2`;
}
