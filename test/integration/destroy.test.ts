import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyBucket } from '../../bin/command/destroy/empty-bucket.ts';
import { readToolchain } from '../../bin/setup/toolchain.js';
import type { Child } from '../../localstack/services/child.ts';
import { localCredentials, startMinio } from '../../localstack/services/minio.ts';

const REGION = 'eu-central-1';
/** More than S3 lists or deletes by one request. */
const OBJECTS = 2_100;

let folder = '';
let minio: Child;
let s3: S3Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-destroy-'));
  const credentials = await localCredentials(join(folder, 'credentials.json'));
  minio = await startMinio({
    minio: readToolchain().minio,
    dataDir: join(folder, 's3'),
    credentials,
    region: REGION,
    logFile: join(folder, 'minio.log'),
    records: join(folder, 'processes'),
  });
  s3 = new S3Client({ endpoint: minio.endpoint, region: REGION, credentials, forcePathStyle: true });
});

afterAll(async () => {
  s3?.destroy();
  await minio?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function filled(bucket: string, versioned: boolean): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  if (versioned)
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  const keys = Array.from({ length: OBJECTS }, (_, index) => `silver/a b+ä/${index}.parquet`);
  for (let from = 0; from < keys.length; from += 50)
    await Promise.all(
      keys
        .slice(from, from + 50)
        .map((Key) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }))),
    );
  for (const Key of keys.slice(0, 5)) {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'again' }));
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  }
}

describe('emptying a bucket of a real S3', () => {
  test.each([
    // First version, second, and the marker of the deletion.
    ['with versions', 'versions', true, OBJECTS + 10],
    ['without versions', 'plain', false, OBJECTS - 5],
  ])('%s, it can be deleted then, and again is no error', async (_what, bucket, versioned, expected) => {
    // Prepare
    await filled(bucket, versioned);

    // Act
    const emptied = await emptyBucket(s3, bucket);
    const left = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const again = await emptyBucket(s3, bucket);
    await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
    const gone = await emptyBucket(s3, bucket);

    // Assess
    expect(emptied).toEqual({ bucket, versions: expected, uploads: 0 });
    expect([...(left.Versions ?? []), ...(left.DeleteMarkers ?? [])]).toEqual([]);
    expect(again).toEqual({ bucket, versions: 0, uploads: 0 });
    expect(gone).toEqual({ bucket, versions: 0, uploads: 0 });
    await expect(s3.send(new HeadBucketCommand({ Bucket: bucket }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  test('breaks off an upload that was begun', async () => {
    // Prepare
    const Key = 'begun';
    await s3.send(new CreateBucketCommand({ Bucket: 'uploads' }));
    await s3.send(new CreateMultipartUploadCommand({ Bucket: 'uploads', Key }));

    // Act
    const emptied = await emptyBucket(s3, 'uploads');
    const left = await s3.send(new ListMultipartUploadsCommand({ Bucket: 'uploads', Prefix: Key }));

    // Assess
    expect(emptied.uploads).toBe(1);
    expect(left.Uploads ?? []).toEqual([]);
  });
});
