import { readFile } from 'node:fs/promises';
import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  HeadObjectCommand,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { FileAsset } from '../template/assembly.ts';
import { zipFolder } from './zip.ts';

/** Connector jars: the local Spark has its own (see differences.ts), so nothing reads them from S3. */
function isRead(asset: FileAsset): boolean {
  return !asset.source.endsWith('.jar');
}

async function present(s3: S3Client, asset: FileAsset): Promise<boolean> {
  try {
    await s3.send(new HeadObjectCommand({ Bucket: asset.bucket, Key: asset.key }));
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}

/** Uploads the app's file assets to where the templates look for them, as a deploy does first. Keys are content hashes. */
export async function publishAssets(s3: S3Client, assets: readonly FileAsset[]): Promise<void> {
  const wanted = assets.filter(isRead);
  for (const bucket of new Set(wanted.map((asset) => asset.bucket))) {
    try {
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    } catch (error) {
      if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
    }
  }
  await Promise.all(
    wanted.map(async (asset) => {
      if (await present(s3, asset)) return;
      const body = asset.packaging === 'zip' ? await zipFolder(asset.source) : await readFile(asset.source);
      await s3.send(new PutObjectCommand({ Bucket: asset.bucket, Key: asset.key, Body: body }));
    }),
  );
}
