import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { emptyBucket } from '../../../bin/command/destroy/empty-bucket.ts';

const s3 = mockClient(S3Client);
const client = new S3Client({ region: 'eu-central-1' });

interface Version {
  readonly Key: string;
  readonly VersionId: string;
}

/** A bucket that pages as S3 does, and may get more while it is emptied. */
function bucketOf(versions: readonly Version[], pageSize: number, arriving: Version[] = []) {
  let held = [...versions];
  const most = { deletes: 0 };
  s3.reset();
  s3.on(ListMultipartUploadsCommand).resolves({});
  s3.on(ListObjectVersionsCommand).callsFake(({ KeyMarker, VersionIdMarker }) => {
    const at = (one: Version) => `${one.Key}/${one.VersionId}`;
    const after =
      KeyMarker === undefined ? held : held.filter((one) => at(one) > `${KeyMarker}/${VersionIdMarker}`);
    const page = after.slice(0, pageSize);
    const last = page.at(-1);
    // Every other one is a delete marker.
    return {
      Versions: page.filter((_, index) => index % 2 === 0),
      DeleteMarkers: page.filter((_, index) => index % 2 === 1),
      IsTruncated: after.length > page.length,
      ...(last === undefined ? {} : { NextKeyMarker: last.Key, NextVersionIdMarker: last.VersionId }),
    };
  });
  s3.on(DeleteObjectsCommand).callsFake(({ Delete }) => {
    most.deletes = Math.max(most.deletes, Delete.Objects.length);
    const gone = new Set(Delete.Objects.map(({ Key, VersionId }: Version) => `${Key}/${VersionId}`));
    held = [
      ...held.filter(({ Key, VersionId }) => !gone.has(`${Key}/${VersionId}`)),
      ...arriving.splice(0, 1),
    ];
    return {};
  });
  return { left: () => held, most };
}

function versionsOf(count: number, prefix = 'k'): Version[] {
  return Array.from({ length: count }, (_, index) => ({
    Key: `${prefix}${String(index).padStart(6, '0')}`,
    VersionId: 'v',
  }));
}

beforeEach(() => {
  s3.reset();
  s3.on(ListMultipartUploadsCommand).resolves({});
});

describe('emptying a bucket', () => {
  test('leaves nothing, whatever the number of versions, the size of pages and what arrives meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 3500 }),
        fc.integer({ min: 100, max: 1000 }),
        fc.nat({ max: 2 }),
        async (count, pageSize, late) => {
          // Prepare
          const bucket = bucketOf(versionsOf(count), pageSize, count === 0 ? [] : versionsOf(late, 'a'));

          // Act
          const emptied = await emptyBucket(client, 'lake');

          // Assess
          expect(bucket.left()).toEqual([]);
          expect(bucket.most.deletes).toBeLessThanOrEqual(1000);
          expect(emptied.versions).toBeGreaterThanOrEqual(count);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('breaks off the uploads that were begun, on all pages', async () => {
    // Prepare
    s3.on(ListObjectVersionsCommand).resolves({});
    s3.on(ListMultipartUploadsCommand)
      .resolvesOnce({
        Uploads: [{ Key: 'a', UploadId: '1' }],
        IsTruncated: true,
        NextKeyMarker: 'a',
        NextUploadIdMarker: '1',
      })
      .resolvesOnce({ Uploads: [{ Key: 'b', UploadId: '2' }] })
      .resolves({});
    s3.on(AbortMultipartUploadCommand).resolves({});

    // Act
    const emptied = await emptyBucket(client, 'lake');

    // Assess
    expect(emptied).toEqual({ bucket: 'lake', versions: 0, uploads: 2 });
    expect(
      s3.commandCalls(AbortMultipartUploadCommand).map(({ args: [{ input }] }) => input.UploadId),
    ).toEqual(['1', '2']);
  });

  test('tells how far it is', async () => {
    // Prepare
    bucketOf(versionsOf(2500), 1000);
    const told: number[] = [];

    // Act
    await emptyBucket(client, 'lake', (versions) => told.push(versions));

    // Assess
    expect(told.at(-1)).toBe(2500);
  });

  test('of a bucket that is gone is done', async () => {
    // Prepare
    s3.on(ListObjectVersionsCommand).rejects(
      new S3ServiceException({ name: 'NoSuchBucket', $fault: 'client', $metadata: {} }),
    );

    // Act
    const emptied = await emptyBucket(client, 'lake');

    // Assess
    expect(emptied).toEqual({ bucket: 'lake', versions: 0, uploads: 0 });
  });

  test.each([
    [
      'S3 refuses a deletion',
      () => s3.on(DeleteObjectsCommand).resolves({ Errors: [{ Key: 'k', Code: 'AccessDenied' }] }),
      /AccessDenied/,
    ],
    [
      'something writes to it all the time',
      () => s3.on(DeleteObjectsCommand).resolves({}),
      /does not become empty/,
    ],
  ])('fails where %s', async (_what, prepare, message) => {
    // Prepare
    s3.on(ListObjectVersionsCommand).resolves({ Versions: [{ Key: 'k', VersionId: 'v' }] });
    prepare();

    // Act
    const act = emptyBucket(client, 'lake');

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR723', message: expect.stringMatching(message) });
  });
});
