import type { CfnTable, CfnTableProps } from 'aws-cdk-lib/aws-glue';
import { hivePartitionKeys } from './columns.ts';
import { goldTables } from './gold-layer.ts';
import { icebergTable } from './iceberg-table.ts';
import type { Column, ColumnType, Manifest, TableNames } from './manifest.ts';
import type { Release } from './release.ts';
import { bronzeDistinctView, prestoView, quarantineView, type View } from './view.ts';

/** Where the tables of a dataset live. Bucket roots end with `/`: `s3://BUCKET/`. */
export interface TablePlaces {
  /** The account's id. */
  readonly catalogId: string;
  /** A plain text, no deploy-time value: views hold it in base64. */
  readonly database: string;
  readonly bronzeRoot: string;
  readonly quarantineRoot: string;
  readonly lakeRoot: string;
}

export interface GlueTables extends Readonly<Record<keyof TableNames, CfnTableProps>> {
  /** Windows, models, approximations and references, by the table's name. */
  readonly gold: Readonly<Record<string, CfnTableProps>>;
}

/** Hive's names of the column types. */
const HIVE_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  double: 'double',
  long: 'bigint',
  int: 'int',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
  binary: 'binary',
};

/**
 * The Glue tables of a dataset as properties of `AWS::Glue::Table`: pure data; the stacks make resources of them.
 * Locations: bronze `BRONZE/DATASET/`, landed quarantine `QUARANTINE/DATASET/`, Iceberg `LAKE/silver/TABLE`,
 * `LAKE/rejected/TABLE`, `LAKE/gold/TABLE`.
 * @param released what is deployed of the dataset: the columns of Iceberg tables keep their ids; undefined of a new one
 */
export function glueTablesOf(manifest: Manifest, places: TablePlaces, released?: Release): GlueTables {
  const { dataset, tables, columns, archiveDays } = manifest;
  const iceberg = (
    layer: string,
    name: string,
    table: Omit<Parameters<typeof icebergTable>[0], 'location'>,
  ) => ({
    catalogId: places.catalogId,
    databaseName: places.database,
    name,
    openTableFormatInput: icebergTable({
      ...table,
      location: `${places.lakeRoot}${layer}/${name}`,
      released: released?.tables[name],
    }),
  });
  const external = (name: string, description: string, own: readonly Column[], root: string) =>
    externalTable({ name, description, columns: own, location: `${root}${dataset}/`, archiveDays }, places);
  return {
    bronze: external(
      tables.bronze,
      `Every Kafka record of ${manifest.topic.name} exactly as received, with its verdict`,
      columns.bronze,
      places.bronzeRoot,
    ),
    quarantineLanded: external(
      tables.quarantineLanded,
      `Records of ${manifest.topic.name} that the landing judged not valid, original bytes kept`,
      columns.quarantineLanded,
      places.quarantineRoot,
    ),
    bronzeDistinct: viewTable(bronzeDistinctView(manifest), places),
    quarantine: viewTable(quarantineView(manifest), places),
    silver: iceberg('silver', tables.silver, {
      columns: columns.silver,
      partition: manifest.partitionTime,
      // As the silver query writes it; maintenance sorts what it rewrites by it.
      sortBy: [...new Set([...manifest.sortBy, manifest.partitionTime.column])],
    }),
    rejected: iceberg('rejected', tables.rejected, {
      columns: columns.rejected,
      partition: { column: 'kafka_timestamp', transform: 'day' },
      sortBy: ['kafka_timestamp'],
    }),
    gold: Object.fromEntries(
      goldTables(manifest).map(({ name, columns, partition, sortBy }) => [
        name,
        iceberg('gold', name, { columns, partition, sortBy }),
      ]),
    ),
  };
}

const hiveColumns = (columns: readonly Column[]): CfnTable.ColumnProperty[] =>
  columns.map(({ name, type, comment }) => ({ name, type: HIVE_TYPES[type], comment }));

interface ExternalTable {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly Column[];
  readonly location: string;
  readonly archiveDays: number;
}

/** Parquet under `date=YYYY-MM-DD/hour=HH/`. Partitions are projected, so neither a crawler nor MSCK is needed. */
function externalTable(table: ExternalTable, places: TablePlaces): CfnTableProps {
  const { name, description, columns, location, archiveDays } = table;
  return {
    catalogId: places.catalogId,
    databaseName: places.database,
    tableInput: {
      name,
      description,
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: hiveColumns(hivePartitionKeys),
      parameters: {
        EXTERNAL: 'TRUE',
        classification: 'parquet',
        'projection.enabled': 'true',
        'projection.date.type': 'date',
        'projection.date.format': 'yyyy-MM-dd',
        // A day more on either side: records at the edge of the archive, and a broker whose clock is ahead.
        'projection.date.range': `NOW-${archiveDays + 1}DAYS,NOW+1DAYS`,
        'projection.date.interval': '1',
        'projection.date.interval.unit': 'DAYS',
        'projection.hour.type': 'integer',
        'projection.hour.range': '0,23',
        'projection.hour.digits': '2',
        'storage.location.template': `${location}date=\${date}/hour=\${hour}/`,
      },
      storageDescriptor: {
        columns: hiveColumns(columns),
        location,
        inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
        serdeInfo: {
          serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
          parameters: { 'serialization.format': '1' },
        },
      },
    },
  };
}

function viewTable(view: View, places: TablePlaces): CfnTableProps {
  return {
    catalogId: places.catalogId,
    databaseName: places.database,
    tableInput: {
      name: view.name,
      // No description: Trino takes it for the comment, and a view is one whose comment is `Presto View`.
      tableType: 'VIRTUAL_VIEW',
      // Athena asks for the list, though it is empty.
      partitionKeys: [],
      parameters: { presto_view: 'true', comment: 'Presto View' },
      viewOriginalText: prestoView(view, places.database),
      viewExpandedText: '/* Presto View */',
      // Trino refuses a view without a serde, though it never reads one.
      storageDescriptor: { columns: hiveColumns(view.columns), location: '', serdeInfo: {} },
    },
  };
}
