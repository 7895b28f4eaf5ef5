import { type GlueClient, paginateGetTables, type Table } from '@aws-sdk/client-glue';
import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { snapshotSize } from '../demo/silver-files.ts';

/** What a table holds: of an Iceberg table its current snapshot, of an external one the objects at its location. */
export interface TableFiles {
  readonly table: string;
  readonly files: number;
  readonly bytes: number;
  /** null where it would have to be counted: an external table keeps no such number. */
  readonly rows: number | null;
}

/** The tables of a database that have files, by name. */
export async function tableFiles(glue: GlueClient, s3: S3Client, database: string): Promise<TableFiles[]> {
  const tables: Table[] = [];
  for await (const { TableList } of paginateGetTables({ client: glue }, { DatabaseName: database })) {
    tables.push(...(TableList ?? []).filter(({ TableType }) => TableType === 'EXTERNAL_TABLE'));
  }
  const sizes = await Promise.all(tables.map((table) => sizeOf(s3, table)));
  return sizes.sort((a, b) => a.table.localeCompare(b.table));
}

async function sizeOf(
  s3: S3Client,
  { Name = '', Parameters, StorageDescriptor }: Table,
): Promise<TableFiles> {
  const metadata = Parameters?.metadata_location;
  if (metadata !== undefined) {
    const { files, bytes, records } = await snapshotSize(s3, metadata);
    return { table: Name, files, bytes, rows: records };
  }
  const place = new URL(StorageDescriptor?.Location ?? 's3://none/none');
  const below = { Bucket: place.host, Prefix: place.pathname.slice(1) };
  let [files, bytes] = [0, 0];
  for await (const { Contents } of paginateListObjectsV2({ client: s3 }, below)) {
    for (const { Size } of Contents ?? []) {
      files += 1;
      bytes += Size ?? 0;
    }
  }
  return { table: Name, files, bytes, rows: null };
}
