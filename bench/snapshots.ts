import { GetTableCommand, GlueClient } from '@aws-sdk/client-glue';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { awsSettings } from '../bin/command/running.ts';
import type { Lab } from './lab.ts';

export interface Snapshot {
  /** Loses digits as a number: compare it with others that did. */
  readonly id: number;
  /** Epoch milliseconds. */
  readonly committedMs: number;
}

/** An Iceberg table's snapshots, oldest first. */
export async function snapshots(lab: Lab, database: string, table: string): Promise<Snapshot[]> {
  const glue = new GlueClient(awsSettings(lab.state, 'aws'));
  try {
    const found = await glue.send(new GetTableCommand({ DatabaseName: database, Name: table }));
    const place = new URL(found.Table?.Parameters?.metadata_location ?? 's3://none/none');
    const object = await lab.s3.send(
      new GetObjectCommand({ Bucket: place.host, Key: place.pathname.slice(1) }),
    );
    const metadata: {
      readonly snapshots?: readonly { readonly 'snapshot-id': number; readonly 'timestamp-ms': number }[];
    } = JSON.parse((await object.Body?.transformToString()) ?? '{}');
    return (metadata.snapshots ?? [])
      .map((one) => ({ id: one['snapshot-id'], committedMs: one['timestamp-ms'] }))
      .sort((a, b) => a.committedMs - b.committedMs);
  } finally {
    glue.destroy();
  }
}
