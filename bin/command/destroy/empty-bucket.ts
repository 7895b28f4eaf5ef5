import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectIdentifier,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { MillraceError } from '../../../lib/errors.ts';

/** What was deleted of a bucket. */
export interface Emptied {
  readonly bucket: string;
  /** Versions of objects and delete markers. */
  readonly versions: number;
  /** Multipart uploads that were broken off. */
  readonly uploads: number;
}

/** S3 deletes so many by one request at most. */
const BATCH = 1000;
const BATCHES_AT_ONCE = 4;
/** What arrives while a bucket is emptied is deleted by the next pass. */
const PASSES = 5;

/**
 * Deletes every version of every object, and every upload that was begun. A bucket that is gone counts as empty.
 *
 * @param onDeleted is told the number of versions so far
 * @throws MillraceError MR723 S3 refuses to delete some, or something writes to the bucket all the time
 */
export async function emptyBucket(
  s3: S3Client,
  bucket: string,
  onDeleted: (versions: number) => void = () => undefined,
): Promise<Emptied> {
  let [versions, uploads] = [0, 0];
  try {
    for (let pass = 0; pass < PASSES; pass += 1) {
      const before = versions + uploads;
      await Readable.from(versionBatches(s3, bucket)).forEach(
        async (batch: ObjectIdentifier[]) => {
          await deleteBatch(s3, bucket, batch);
          versions += batch.length;
          onDeleted(versions);
        },
        { concurrency: BATCHES_AT_ONCE },
      );
      uploads += await abortUploads(s3, bucket);
      if (versions + uploads === before) return { bucket, versions, uploads };
    }
  } catch (error) {
    if (isGone(error)) return { bucket, versions, uploads };
    throw error;
  }
  throw new MillraceError('MR723', 'the bucket does not become empty: something writes to it', {
    where: bucket,
    mend: 'stop what writes there (its access logs tell who), then run the command again',
  });
}

/** Whether S3 says that there is no such bucket. */
export function isGone(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchBucket';
}

async function* versionBatches(s3: S3Client, bucket: string): AsyncGenerator<ObjectIdentifier[]> {
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (marker !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: BATCH, ...marker }),
    );
    const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (found.length > 0) yield found.map(({ Key, VersionId }) => ({ Key, VersionId }));
    marker =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
  }
}

async function deleteBatch(s3: S3Client, bucket: string, batch: ObjectIdentifier[]): Promise<void> {
  const { Errors = [] } = await s3.send(
    new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: batch, Quiet: true } }),
  );
  const [first] = Errors;
  if (first === undefined) return;
  throw new MillraceError(
    'MR723',
    `S3 does not delete ${Errors.length} versions: ${first.Message ?? first.Code}`,
    {
      where: `s3://${bucket}/${first.Key}`,
      mend: 'see that your role may s3:DeleteObject and s3:DeleteObjectVersion there, then run the command again',
    },
  );
}

async function abortUploads(s3: S3Client, bucket: string): Promise<number> {
  let aborted = 0;
  let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
  while (marker !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await s3.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, ...marker }),
    );
    for (const { Key, UploadId } of page.Uploads ?? []) {
      await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
      aborted += 1;
    }
    marker =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
  }
  return aborted;
}
