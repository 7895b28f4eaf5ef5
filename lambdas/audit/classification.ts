import type { Manifest } from '../../lib/contract/manifest.ts';
import {
  below,
  type Days,
  datesOf,
  externalRows,
  icebergRows,
  literal,
  ofDays,
  quoted,
  type Scope,
  storedRows,
} from './scope.ts';

const POSITION = 'kafka_partition, kafka_offset';

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

function sameContent(manifest: Manifest): string {
  return manifest.fields
    .map(({ column }) => `s.${quoted(column)} IS NOT DISTINCT FROM b.${quoted(column)}`)
    .join(' AND ');
}

/** True where the stored version is newer than the record's; never where the first record stays. */
function newerStored(manifest: Manifest): string {
  if (manifest.onConflict.kind === 'first') return '1 = 0';
  const column = quoted(manifest.onConflict.column);
  return `s.${column} > b.${column} OR (s.${column} IS NOT NULL AND b.${column} IS NULL)`;
}

/** Whether silver lies in days of a date, not of an instant. */
const isDate = ({ fields, partitionTime }: Manifest): boolean =>
  fields.some(({ column, type }) => column === partitionTime.column && type === 'date');

/** True for rows of silver whose partition time lies in any of the days. */
const ofPartitionDays = (manifest: Manifest, days: readonly Days[], alias = ''): string =>
  (isDate(manifest) ? datesOf : ofDays)(`${alias}${quoted(manifest.partitionTime.column)}`, days);

const contentOf = ({ fields }: Manifest) => fields.map(({ column }) => quoted(column)).join(', ');

/**
 * Common table expressions, in the dialect of Athena engine v3, that end in `classified`: one row for each position
 * that any table knows, with its class, whether bronze has it, whether the tables disagree on it (the two judges, or
 * bronze and what the landing put into quarantine), and the day of its partition time. Each table is read once, for an
 * engine reads a table as often as it is named.
 * @param content false: what silver stores is not compared with bronze, and the content columns are not read
 */
function classified(scope: Scope, content: boolean): string {
  const { manifest, processed, keptFrom, landed = scope.horizon } = scope;
  const { tables } = manifest;
  const partitionTime = quoted(manifest.partitionTime.column);
  const kept = (instant: string) =>
    keptFrom === undefined ? '1 = 1' : `${instant} >= DATE ${literal(keptFrom)}`;
  const instant = "CAST(kafka_timestamp AT TIME ZONE 'UTC' AS timestamp(3))";
  // A date is one of UTC; Iceberg's instants have a zone, and bronze's have none.
  const day = isDate(manifest)
    ? partitionTime
    : `CAST(CAST(${partitionTime} AT TIME ZONE 'UTC' AS timestamp(3)) AS date)`;
  const altered = `s.kafka_offset IS NOT NULL AND b.verdict = 'valid' AND NOT (${sameContent(manifest)})`;
  return `WITH landing AS (
  SELECT ${POSITION}, verdict, CAST(${partitionTime} AS date) AS partition_day,
    CASE WHEN ${kept('kafka_timestamp')} AND (verdict <> 'valid' OR ${kept(partitionTime)}) THEN 1 ELSE 0 END AS kept${
      content ? `,\n    ${contentOf(manifest)}` : ''
    }
  FROM ${quoted(tables.bronze)}
  WHERE ${externalRows(scope)}
),
stored AS (
  SELECT ${POSITION}, ${day} AS partition_day${content ? `, ${silverColumns(manifest)}` : ''}
  FROM ${quoted(tables.silver)}
  WHERE ${icebergRows(scope)}
),
facts AS (
  SELECT
    COALESCE(b.kafka_partition, s.kafka_partition) AS kafka_partition,
    COALESCE(b.kafka_offset, s.kafka_offset) AS kafka_offset,
    b.verdict,
    CASE WHEN b.kafka_offset IS NULL THEN 0 ELSE 1 END AS in_bronze,
    b.kept,
    CASE WHEN s.kafka_offset IS NULL THEN 0 ELSE 1 END AS stored,
    CASE WHEN ${content ? altered : '1 = 0'} THEN 1 ELSE 0 END AS altered,
    COALESCE(s.partition_day, b.partition_day) AS partition_day,
    CAST(NULL AS varchar) AS landed,
    CAST(NULL AS varchar) AS fault,
    0 AS conflicting
  FROM landing AS b
  FULL JOIN stored AS s ON b.kafka_partition = s.kafka_partition AND b.kafka_offset = s.kafka_offset
  UNION ALL
  SELECT ${POSITION}, NULL, 0, NULL, 0, 0, NULL, reason, NULL, 0
  FROM ${quoted(tables.quarantineLanded)}
  WHERE ${externalRows(scope)} AND ${kept('kafka_timestamp')}
  UNION ALL
  SELECT ${POSITION}, NULL, 0, NULL, 0, 0, NULL, NULL,
    CASE WHEN reason <> 'conflict' THEN reason END,
    CASE WHEN reason = 'conflict' THEN 1 ELSE 0 END
  FROM ${quoted(tables.rejected)}
  WHERE ${icebergRows(scope)} AND kafka_topic = ${literal(manifest.topic.name)} AND ${kept(instant)}
),
positions AS (
  SELECT
    ${POSITION},
    MAX(verdict) AS verdict,
    MAX(in_bronze) AS in_bronze,
    MAX(kept) AS kept,
    MAX(stored) AS stored,
    MAX(altered) AS altered,
    MIN(partition_day) AS partition_day,
    MAX(landed) AS landed,
    MAX(fault) AS fault,
    MAX(conflicting) AS conflicting
  FROM facts
  GROUP BY ${POSITION}
),
judged AS (
  SELECT
    ${POSITION},
    verdict,
    in_bronze,
    kept,
    partition_day,
    CASE
      WHEN stored = 1 THEN 'silver'
      WHEN landed IS NOT NULL THEN landed
      WHEN fault IS NOT NULL THEN fault
      WHEN conflicting = 1 THEN 'conflict'
      ELSE 'none'
    END AS class,
    CASE
      WHEN verdict IS NULL THEN 0
      WHEN stored = 1 AND (verdict <> 'valid' OR altered = 1) THEN 1
      WHEN landed <> verdict THEN 1
      WHEN verdict <> 'valid' AND kept = 1 AND landed IS NULL AND ${below(landed, 'p')} THEN 1
      WHEN stored = 1 OR NOT (${below(processed, 'p')}) THEN 0
      WHEN verdict = 'valid' AND fault IS NOT NULL THEN 1
      WHEN verdict <> 'valid' AND (fault IS NULL OR fault <> verdict) THEN 1
      ELSE 0
    END AS disagreed
  FROM positions AS p
),
classified AS (
  SELECT * FROM judged WHERE class <> 'none' OR kept = 1
)`;
}

/** Rows: class, day of partition time, positions, in_bronze, disagreed. Twins count as `none`; see `explainedSql`. */
export function countsSql(scope: Scope): string {
  return `${classified(scope, true)}
SELECT
  class,
  CAST(partition_day AS varchar) AS partition_day,
  COUNT(*) AS positions,
  SUM(in_bronze) AS in_bronze,
  SUM(disagreed) AS disagreed
FROM classified
GROUP BY class, partition_day
ORDER BY class, partition_day`;
}

/**
 * As `classified`, and then `explained`: of the valid positions that no table explains, what their twins in silver
 * (rows of the same identity from other positions) make of them.
 * @param days partition times among which silver is searched for twins; undefined: all of silver
 */
function explained(scope: Scope, days: readonly Days[] | undefined): string {
  const { manifest } = scope;
  const { tables, identity } = manifest;
  const joined = identity.map((column) => `s.${quoted(column)} = b.${quoted(column)}`).join(' AND ');
  // No row of this topic stands at an unexplained position: where there is one, a topic before left it.
  const otherRow =
    scope.topicSince === undefined
      ? 's.kafka_partition <> b.kafka_partition OR s.kafka_offset <> b.kafka_offset'
      : '1 = 1';
  return `${classified(scope, false)},
unexplained AS (
  SELECT kafka_partition, kafka_offset FROM classified WHERE class = 'none'
),
record AS (
  SELECT ${POSITION}, ${contentOf(manifest)}
  FROM ${quoted(tables.bronze)}
  WHERE ${externalRows(scope)} AND verdict = 'valid'
),
version AS (
  SELECT ${POSITION}, ${silverColumns(manifest)}
  FROM ${quoted(tables.silver)}
  WHERE ${days === undefined ? '1 = 1' : ofPartitionDays(manifest, days)}
),
twin AS (
  SELECT
    u.kafka_partition,
    u.kafka_offset,
    MAX(CASE WHEN ${sameContent(manifest)} THEN 1 ELSE 0 END) AS identical,
    MAX(CASE WHEN ${newerStored(manifest)} THEN 1 ELSE 0 END) AS superseded
  FROM unexplained AS u
  JOIN record AS b ON b.kafka_partition = u.kafka_partition AND b.kafka_offset = u.kafka_offset
  JOIN version AS s ON ${joined}
  WHERE ${otherRow}
  GROUP BY u.kafka_partition, u.kafka_offset
),
explained AS (
  SELECT
    u.kafka_partition,
    u.kafka_offset,
    CASE WHEN t.identical = 1 THEN 'identicalDuplicate' WHEN t.superseded = 1 THEN 'superseded' ELSE 'none' END AS class
  FROM unexplained AS u
  LEFT JOIN twin AS t ON u.kafka_partition = t.kafka_partition AND u.kafka_offset = t.kafka_offset
)`;
}

/** Rows: class (identicalDuplicate, superseded, none), positions; of the positions that `countsSql` calls `none`. */
export function explainedSql(scope: Scope, days: readonly Days[] | undefined): string {
  return `${explained(scope, days)}
SELECT class, COUNT(*) AS positions
FROM explained
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
export function unaccountedSql(scope: Scope, days: readonly Days[] | undefined): string {
  return `${explained(scope, days)}
${ranges(`(SELECT ${POSITION} FROM explained WHERE class = 'none') AS wanted`)}`;
}

/** Rows: partition, first and last offset of each run of positions that the tables disagree on. */
export function disagreedSql(scope: Scope): string {
  return `${classified(scope, true)}
${ranges(`(SELECT ${POSITION} FROM classified WHERE disagreed = 1) AS wanted`)}`;
}

/** Rows: partition, first and last offset of each run of positions that other tables know and bronze does not. */
export function notInBronzeSql(scope: Scope): string {
  return `${classified(scope, false)}
${ranges(`(SELECT ${POSITION} FROM classified WHERE in_bronze = 0) AS wanted`)}`;
}

/** Rows: partition, first and last offset of each run of positions that any table knows, kept or not. */
export function knownSql(scope: Scope): string {
  const { tables, topic } = scope.manifest;
  return `WITH known AS (
  SELECT ${POSITION} FROM ${quoted(tables.bronze)} WHERE ${externalRows(scope)}
  UNION
  SELECT ${POSITION} FROM ${quoted(tables.silver)} WHERE ${icebergRows(scope)}
  UNION
  SELECT ${POSITION} FROM ${quoted(tables.quarantineLanded)} WHERE ${externalRows(scope)}
  UNION
  SELECT ${POSITION} FROM ${quoted(tables.rejected)} WHERE ${icebergRows(scope)} AND kafka_topic = ${literal(topic.name)}
)
${ranges('known')}`;
}

/**
 * Where an audit looks for more rows of an identity. Without days, and where no topic came before, the scope's own rows
 * are all of the table.
 */
function searched(scope: Scope, days: readonly Days[] | undefined, alias = ''): string {
  if (days !== undefined) return ofPartitionDays(scope.manifest, days, alias === '' ? '' : `${alias}.`);
  return scope.topicSince === undefined ? storedRows(scope, alias) : '1 = 1';
}

/** Rows of silver by identity: how many there are, how many of them in the scope, and of these how many late. */
function identities(scope: Scope, days: readonly Days[] | undefined): string {
  const { manifest } = scope;
  const identity = manifest.identity.map(quoted).join(', ');
  return `SELECT ${identity}, COUNT(*) AS copies, SUM(inside) AS inside, SUM(CASE WHEN late THEN inside ELSE 0 END) AS late
  FROM (
    SELECT ${identity}, late, CASE WHEN ${storedRows(scope)} THEN 1 ELSE 0 END AS inside
    FROM ${quoted(manifest.tables.silver)}
    WHERE ${searched(scope, days)}
  ) AS searched
  GROUP BY ${identity}`;
}

/**
 * One row: silver_rows and late of the scope; duplicated: rows of silver beyond the first of each identity that the
 * scope holds a row of.
 * @param days partition times among which silver is searched for more rows of an identity; undefined: the scope
 */
export function silverSql(scope: Scope, days: readonly Days[] | undefined): string {
  return `SELECT SUM(inside) AS silver_rows, SUM(copies - 1) AS duplicated, SUM(late) AS late
FROM (
  ${identities(scope, days)}
) AS counted
WHERE inside > 0`;
}

/** How many doubled identities are named. */
export const MOST_NAMED = 20;

/** Rows: the identity's columns as texts, and a position of it in silver; of some identities that are doubled. */
export function doubledSql(scope: Scope, days: readonly Days[] | undefined): string {
  const { manifest } = scope;
  const identity = manifest.identity.map(quoted);
  const joined = identity.map((column) => `s.${column} = d.${column}`).join(' AND ');
  return `SELECT ${identity.map((column) => `CAST(s.${column} AS varchar) AS ${column}`).join(', ')}, ${POSITION}
FROM (
  SELECT ${identity.join(', ')}
  FROM (
    ${identities(scope, days)}
  ) AS counted
  WHERE inside > 0 AND copies > 1
  ORDER BY ${identity.join(', ')}
  LIMIT ${MOST_NAMED}
) AS d
JOIN ${quoted(manifest.tables.silver)} AS s ON ${joined}
WHERE ${searched(scope, days, 's')}
ORDER BY ${identity.map((column) => `d.${column}`).join(', ')}, ${POSITION}`;
}

/** Rows: partition, first and last offset that bronze has of the scope's times. */
export function bronzeSpanSql(scope: Scope): string {
  return `SELECT kafka_partition, MIN(kafka_offset) AS first_offset, MAX(kafka_offset) AS last_offset
FROM ${quoted(scope.manifest.tables.bronze)}
WHERE ${externalRows(scope)}
GROUP BY kafka_partition
ORDER BY kafka_partition`;
}
