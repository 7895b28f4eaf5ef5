import type { Manifest } from '../../../lib/contract/manifest.ts';

/** Offsets by partition, exclusive. */
export type Bounds = ReadonlyMap<number, number>;

export interface ClassificationOptions {
  readonly manifest: Manifest;
  /** Only positions below these are looked at. */
  readonly horizon: Bounds;
  /** Positions below these have been through the silver job. */
  readonly processed: Bounds;
  /**
   * UTC day (YYYY-MM-DD) that retention has come to: what Kafka took before it, and valid records of an earlier
   * partition time, have left silver and rejected and are out of the claim. @default none
   */
  readonly keptFrom?: string;
}

const quoted = (name: string) => `"${name}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
const POSITION = 'kafka_partition, kafka_offset';

function below(bounds: Bounds, alias = ''): string {
  const dot = alias === '' ? '' : `${alias}.`;
  const cases = [...bounds].map(([partition, bound]) => `WHEN ${partition} THEN ${bound}`);
  if (cases.length === 0) return '1 = 0';
  return `${dot}kafka_offset < CASE ${dot}kafka_partition ${cases.join(' ')} ELSE 0 END`;
}

/** The content columns; instants as bronze has them: milliseconds, UTC, without a zone. */
function silverColumns(manifest: Manifest): string {
  return manifest.fields
    .map(({ column, type }) =>
      type === 'timestamp'
        ? `CAST(${quoted(column)} AT TIME ZONE 'UTC' AS timestamp(3)) AS ${quoted(column)}`
        : quoted(column),
    )
    .join(', ');
}

function sameContent(manifest: Manifest, one: string, other: string): string {
  return manifest.fields
    .map(({ column }) => `${one}.${quoted(column)} IS NOT DISTINCT FROM ${other}.${quoted(column)}`)
    .join(' AND ');
}

/** True where the stored version is newer than the record's; never where the first record stays. */
function newerStored(manifest: Manifest): string {
  if (manifest.onConflict.kind === 'first') return '1 = 0';
  const column = quoted(manifest.onConflict.column);
  return `s.${column} > b.${column} OR (s.${column} IS NOT NULL AND b.${column} IS NULL)`;
}

/**
 * Common table expressions, in the dialect of Athena engine v3, that end in `classified`: one row for each position
 * that any table knows, with its class, whether bronze has it, and whether the two judges disagree on it.
 */
function classified({ manifest, horizon, processed, keptFrom }: ClassificationOptions): string {
  const { tables, topic, fields, identity } = manifest;
  const ofTopic = `kafka_topic = ${literal(topic.name)}`;
  const kept = (instant: string) =>
    keptFrom === undefined ? '1 = 1' : `${instant} >= DATE ${literal(keptFrom)}`;
  const content = fields.map(({ column }) => quoted(column)).join(', ');
  const joined = identity.map((column) => `s.${quoted(column)} = b.${quoted(column)}`).join(' AND ');
  return `WITH bronze AS (
  SELECT ${POSITION}, verdict, ${content}
  FROM ${quoted(tables.bronzeDistinct)}
  WHERE ${ofTopic} AND ${below(horizon)}
    AND ${kept('kafka_timestamp')} AND (verdict <> 'valid' OR ${kept(quoted(manifest.partitionTime.column))})
),
silver AS (
  SELECT ${POSITION}, ${silverColumns(manifest)}
  FROM ${quoted(tables.silver)}
),
landed AS (
  SELECT ${POSITION}, MAX(reason) AS reason
  FROM ${quoted(tables.quarantineLanded)}
  WHERE ${ofTopic} AND ${below(horizon)} AND ${kept('kafka_timestamp')}
  GROUP BY ${POSITION}
),
rejected AS (
  SELECT
    ${POSITION},
    MAX(CASE WHEN reason <> 'conflict' THEN reason END) AS fault,
    MAX(CASE WHEN reason = 'conflict' THEN 1 ELSE 0 END) AS conflicting
  FROM ${quoted(tables.rejected)}
  WHERE ${ofTopic} AND ${below(horizon)} AND ${kept("CAST(kafka_timestamp AT TIME ZONE 'UTC' AS timestamp(3))")}
  GROUP BY ${POSITION}
),
stored AS (
  SELECT
    s.kafka_partition,
    s.kafka_offset,
    MAX(CASE WHEN b.verdict = 'valid' AND NOT (${sameContent(manifest, 's', 'b')}) THEN 1 ELSE 0 END) AS altered
  FROM silver AS s
  LEFT JOIN bronze AS b ON s.kafka_partition = b.kafka_partition AND s.kafka_offset = b.kafka_offset
  WHERE ${below(horizon, 's')}
  GROUP BY s.kafka_partition, s.kafka_offset
),
twin AS (
  SELECT
    b.kafka_partition,
    b.kafka_offset,
    MAX(CASE WHEN ${sameContent(manifest, 's', 'b')} THEN 1 ELSE 0 END) AS identical,
    MAX(CASE WHEN ${newerStored(manifest)} THEN 1 ELSE 0 END) AS superseded
  FROM bronze AS b
  JOIN silver AS s ON ${joined}
  WHERE b.verdict = 'valid' AND (s.kafka_partition <> b.kafka_partition OR s.kafka_offset <> b.kafka_offset)
  GROUP BY b.kafka_partition, b.kafka_offset
),
known AS (
  SELECT ${POSITION} FROM bronze
  UNION
  SELECT ${POSITION} FROM stored
  UNION
  SELECT ${POSITION} FROM landed
  UNION
  SELECT ${POSITION} FROM rejected
),
classified AS (
  SELECT
    k.kafka_partition,
    k.kafka_offset,
    CASE
      WHEN o.kafka_offset IS NOT NULL THEN 'silver'
      WHEN l.reason IS NOT NULL THEN l.reason
      WHEN r.fault IS NOT NULL THEN r.fault
      WHEN r.conflicting = 1 THEN 'conflict'
      WHEN t.identical = 1 THEN 'identicalDuplicate'
      WHEN t.superseded = 1 THEN 'superseded'
      ELSE 'none'
    END AS class,
    CASE WHEN b.kafka_offset IS NULL THEN 0 ELSE 1 END AS in_bronze,
    CASE
      WHEN b.verdict IS NULL THEN 0
      WHEN o.kafka_offset IS NOT NULL AND (b.verdict <> 'valid' OR o.altered = 1) THEN 1
      WHEN o.kafka_offset IS NOT NULL OR NOT (${below(processed, 'k')}) THEN 0
      WHEN b.verdict = 'valid' AND r.fault IS NOT NULL THEN 1
      WHEN b.verdict <> 'valid' AND (r.fault IS NULL OR r.fault <> b.verdict) THEN 1
      ELSE 0
    END AS disagreed
  FROM known AS k
  LEFT JOIN bronze AS b ON k.kafka_partition = b.kafka_partition AND k.kafka_offset = b.kafka_offset
  LEFT JOIN stored AS o ON k.kafka_partition = o.kafka_partition AND k.kafka_offset = o.kafka_offset
  LEFT JOIN landed AS l ON k.kafka_partition = l.kafka_partition AND k.kafka_offset = l.kafka_offset
  LEFT JOIN rejected AS r ON k.kafka_partition = r.kafka_partition AND k.kafka_offset = r.kafka_offset
  LEFT JOIN twin AS t ON k.kafka_partition = t.kafka_partition AND k.kafka_offset = t.kafka_offset
)`;
}

/** Rows: class, positions, in_bronze, disagreed. */
export function countsSql(options: ClassificationOptions): string {
  return `${classified(options)}
SELECT class, COUNT(*) AS positions, SUM(in_bronze) AS in_bronze, SUM(disagreed) AS disagreed
FROM classified
GROUP BY class
ORDER BY class`;
}

function ranges(rows: string): string {
  return `SELECT kafka_partition, MIN(kafka_offset) AS first_offset, MAX(kafka_offset) AS last_offset
FROM (
  SELECT
    ${POSITION},
    kafka_offset - ROW_NUMBER() OVER (PARTITION BY kafka_partition ORDER BY kafka_offset) AS island
  FROM ${rows}
) AS numbered
GROUP BY kafka_partition, island
ORDER BY kafka_partition, first_offset`;
}

/** Rows: partition, first and last offset of each run of positions that are in bronze and nowhere else. */
export function unaccountedSql(options: ClassificationOptions): string {
  return `${classified(options)}
${ranges(`(SELECT ${POSITION} FROM classified WHERE class = 'none') AS wanted`)}`;
}

/** Rows: partition, first and last offset of each run of positions that the judges disagree on. */
export function disagreedSql(options: ClassificationOptions): string {
  return `${classified(options)}
${ranges(`(SELECT ${POSITION} FROM classified WHERE disagreed = 1) AS wanted`)}`;
}

/** Rows: partition, first and last offset of each run of positions that any table knows. */
export function knownSql({ manifest, horizon }: ClassificationOptions): string {
  const { tables, topic } = manifest;
  const ofTopic = `kafka_topic = ${literal(topic.name)} AND ${below(horizon)}`;
  return `WITH known AS (
  SELECT ${POSITION} FROM ${quoted(tables.bronze)} WHERE ${ofTopic}
  UNION
  SELECT ${POSITION} FROM ${quoted(tables.silver)} WHERE ${below(horizon)}
  UNION
  SELECT ${POSITION} FROM ${quoted(tables.quarantineLanded)} WHERE ${ofTopic}
  UNION
  SELECT ${POSITION} FROM ${quoted(tables.rejected)} WHERE ${ofTopic}
)
${ranges('known')}`;
}

/** One row: rows, identities, late. */
export function silverSql({ manifest, horizon }: ClassificationOptions): string {
  const identity = manifest.identity.map(quoted).join(', ');
  return `SELECT SUM(copies) AS silver_rows, COUNT(*) AS identities, SUM(late_copies) AS late
FROM (
  SELECT ${identity}, COUNT(*) AS copies, SUM(CASE WHEN late THEN 1 ELSE 0 END) AS late_copies
  FROM ${quoted(manifest.tables.silver)}
  WHERE ${below(horizon)}
  GROUP BY ${identity}
) AS counted`;
}
