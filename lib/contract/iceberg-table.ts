import type { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Column, ColumnType } from './manifest.ts';
import { nextTable, type ReleasedTable } from './release.ts';

/** Where the ids of partition fields begin, by the Iceberg specification. */
const FIRST_PARTITION_FIELD_ID = 1000;

/** Iceberg's names of the column types; an instant in UTC is `timestamptz`. */
const ICEBERG_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  double: 'double',
  long: 'long',
  int: 'int',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  date: 'date',
  binary: 'binary',
};

export interface IcebergTable {
  readonly columns: readonly Column[];
  /** Null: not partitioned. */
  readonly partition: { readonly column: string; readonly transform: 'day' | 'hour' | 'identity' } | null;
  readonly sortBy: readonly string[];
  /** `s3://…`, without a closing slash. */
  readonly location: string;
  /** The table as it is deployed; undefined of a new one. */
  readonly released?: ReleasedTable | undefined;
}

/**
 * An Iceberg v2 table for `AWS::Glue::Table`. All columns stand under `icebergTableInput`: columns in a storage
 * descriptor break the first update. They are nullable, since Spark reads a stream's columns as nullable. A column keeps
 * the id and the place it was released with, and new ones come last: the data files know columns by their ids. Jobs
 * write by name.
 */
export function icebergTable(table: IcebergTable): CfnTable.OpenTableFormatInputProperty {
  const { partition, sortBy, location } = table;
  const { columns } = nextTable(table.columns, table.released);
  const idOf = (name: string): number => columns[name]?.id ?? 0;
  const comments = new Map(table.columns.map(({ name, comment }) => [name, comment]));
  return {
    icebergInput: {
      metadataOperation: 'CREATE',
      version: '2',
      icebergTableInput: {
        location,
        schema: {
          type: 'struct',
          schemaId: 0,
          fields: Object.entries(columns).map(([name, { id, type }]) => ({
            id,
            name,
            type: ICEBERG_TYPES[type],
            required: false,
            doc: comments.get(name) ?? '',
          })),
        },
        ...(partition === null
          ? {}
          : {
              partitionSpec: {
                specId: 0,
                fields: [
                  {
                    fieldId: FIRST_PARTITION_FIELD_ID,
                    name: partitionName(partition),
                    sourceId: idOf(partition.column),
                    transform: partition.transform,
                  },
                ],
              },
            }),
        ...(sortBy.length === 0
          ? {}
          : {
              writeOrder: {
                orderId: 1,
                fields: sortBy.map((name) => ({
                  sourceId: idOf(name),
                  transform: 'identity',
                  direction: 'asc',
                  nullOrder: 'nulls-first',
                })),
              },
            }),
        properties: {
          'format-version': '2',
          'write.format.default': 'parquet',
          'write.parquet.compression-codec': 'zstd',
          'write.delete.mode': 'copy-on-write',
          'write.update.mode': 'copy-on-write',
          'write.merge.mode': 'copy-on-write',
          // A micro-batch touches few partitions; a shuffle before each write costs more than it saves.
          'write.distribution-mode': 'none',
        },
      },
    },
  };
}

function partitionName({ column, transform }: NonNullable<IcebergTable['partition']>): string {
  return transform === 'identity' ? column : `${column}_${transform}`;
}
