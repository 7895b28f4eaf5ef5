import { GetTableCommand, GlueClient } from '@aws-sdk/client-glue';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { State } from '../../../localstack/state.ts';
import { awsSettings } from '../running.ts';

/** Size of an Iceberg table's current snapshot. */
export interface TableSize {
  readonly files: number;
  readonly bytes: number;
  readonly records: number;
}

interface Snapshot {
  readonly 'snapshot-id': number;
  readonly summary: Readonly<Record<string, string>>;
}

/** What the table's metadata says of its current snapshot, which is what a reader reads. */
export async function tableSize(state: State, database: string, table: string): Promise<TableSize> {
  const glue = new GlueClient(awsSettings(state, 'aws'));
  const s3 = new S3Client({ ...awsSettings(state, 's3'), forcePathStyle: true });
  try {
    const found = await glue.send(new GetTableCommand({ DatabaseName: database, Name: table }));
    return await snapshotSize(s3, found.Table?.Parameters?.metadata_location ?? 's3://none/none');
  } finally {
    glue.destroy();
    s3.destroy();
  }
}

/** The same, of the table that a metadata file describes. */
export async function snapshotSize(s3: S3Client, metadataLocation: string): Promise<TableSize> {
  const place = new URL(metadataLocation);
  const object = await s3.send(new GetObjectCommand({ Bucket: place.host, Key: place.pathname.slice(1) }));
  const metadata: {
    readonly 'current-snapshot-id'?: number;
    readonly snapshots?: readonly Snapshot[];
  } = JSON.parse((await object.Body?.transformToString()) ?? '{}');
  // Ids lose digits as numbers, both alike.
  const current = metadata.snapshots?.find((one) => one['snapshot-id'] === metadata['current-snapshot-id']);
  const number = (name: string) => Number(current?.summary[name] ?? 0);
  return {
    files: number('total-data-files'),
    bytes: number('total-files-size'),
    records: number('total-records'),
  };
}
