import { hivePartitionKeys } from './columns.ts';
import type { Column, ColumnType, Manifest } from './manifest.ts';

export interface View {
  readonly name: string;
  readonly description: string;
  /** One SELECT in Trino SQL, which is Athena's. */
  readonly sql: string;
  readonly columns: readonly Column[];
}

const POSITION = 'kafka_topic, kafka_partition, kafka_offset';
/** A position lies in one date and hour; named in the window, a filter on them reaches the partitions. */
const POSITION_WINDOW = `"date", "hour", ${POSITION}`;
/** Counts the copies of a position; of the prefix that no contract column may have. */
const COPY = 'kafka_copy';
const quoted = (columns: readonly Column[]): string => columns.map(({ name }) => `"${name}"`).join(', ');

/** Bronze, each position once: a retried batch may have written it twice, with the same content. */
export function bronzeDistinctView({ tables, columns }: Manifest): View {
  const all = [...columns.bronze, ...hivePartitionKeys];
  return {
    name: tables.bronzeDistinct,
    description: `${tables.bronze}, one row for each Kafka position`,
    columns: all,
    sql: [
      `SELECT ${quoted(all)}`,
      'FROM (',
      `  SELECT ${quoted(all)},`,
      `    ROW_NUMBER() OVER (PARTITION BY ${POSITION_WINDOW} ORDER BY kafka_timestamp) AS ${COPY}`,
      `  FROM ${tables.bronze}`,
      ') AS copies',
      `WHERE ${COPY} = 1`,
    ].join('\n'),
  };
}

/**
 * Everything quarantined, each position once: what the landing judged not valid, and the conflicts that Spark found.
 * Spark's own verdicts on the same faults are left out; the audit compares them.
 */
export function quarantineView({ tables, columns }: Manifest): View {
  const all = [...columns.quarantineLanded, ...hivePartitionKeys];
  // Iceberg keeps instants with a time zone, Parquet tables of Hive without; both are UTC here.
  const instant = "kafka_timestamp AT TIME ZONE 'UTC'";
  const fromRejected: Readonly<Record<string, string>> = {
    kafka_timestamp: `CAST(${instant} AS timestamp(3))`,
    kafka_headers: 'CAST(NULL AS varchar)',
    date: `CAST(CAST(${instant} AS date) AS varchar)`,
    hour: `CAST(EXTRACT(HOUR FROM ${instant}) AS integer)`,
  };
  const conflicts = all.map(({ name }) => `${fromRejected[name] ?? `"${name}"`} AS "${name}"`).join(', ');
  return {
    name: tables.quarantine,
    description: `Quarantined records of ${tables.quarantineLanded} and conflicts of ${tables.rejected}, one row for each Kafka position`,
    columns: all,
    sql: [
      `SELECT ${quoted(all)}`,
      'FROM (',
      `  SELECT ${quoted(all)},`,
      `    ROW_NUMBER() OVER (PARTITION BY ${POSITION_WINDOW} ORDER BY origin) AS ${COPY}`,
      '  FROM (',
      `    SELECT ${quoted(all)}, 1 AS origin FROM ${tables.quarantineLanded}`,
      '    UNION ALL',
      `    SELECT ${conflicts}, 2 AS origin FROM ${tables.rejected} WHERE reason = 'conflict'`,
      '  ) AS quarantined',
      ') AS copies',
      `WHERE ${COPY} = 1`,
    ].join('\n'),
  };
}

/** Trino's types of the columns of views over external Parquet tables (timestamps in milliseconds, without zone). */
const TRINO_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'varchar',
  double: 'double',
  long: 'bigint',
  int: 'integer',
  boolean: 'boolean',
  timestamp: 'timestamp(3)',
  date: 'date',
  binary: 'varbinary',
};

/** How Athena keeps a view in the Glue catalog: a comment around base64 of its definition. */
export function prestoView({ sql, columns, description }: View, database: string): string {
  const definition = {
    originalSql: sql,
    catalog: 'awsdatacatalog',
    schema: database,
    columns: columns.map(({ name, type }) => ({ name, type: TRINO_TYPES[type] })),
    comment: description,
    // Views of Athena have no owner to run as; Trino takes its word for it.
    runAsInvoker: true,
  };
  return `/* Presto View: ${Buffer.from(JSON.stringify(definition)).toString('base64')} */`;
}
