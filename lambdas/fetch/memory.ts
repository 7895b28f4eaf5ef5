import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { MillraceError } from '../../lib/errors.ts';

/** What was last sent of one identity. */
export interface Remembered {
  /** Of the event without its version; empty for a rejected row, whose own digest is its key. */
  readonly content: string;
  /** Its version, epoch milliseconds. */
  readonly versionMs: number;
  /** The last poll that had it, epoch milliseconds. */
  readonly seenMs: number;
}

/** By digest of the identity. */
export type Memory = ReadonlyMap<string, Remembered>;

/** The cursor of a source: what its polls remember, and the ETag of the object that holds it. */
export interface Cursor {
  readonly memory: Memory;
  /** Undefined: there is no object yet. */
  readonly etag: string | undefined;
}

export interface CursorPlace {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: string;
}

const stored = z.object({
  version: z.literal(1),
  /** Digest -> content, version, last seen. */
  identities: z.record(z.string(), z.tuple([z.string(), z.number(), z.number()])),
});

/** @throws MillraceError MR895: it is there and cannot be read */
export async function readCursor({ s3, bucket, key }: CursorPlace): Promise<Cursor> {
  const found = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  });
  if (found === undefined) return { memory: new Map(), etag: undefined };
  const text = (await found.Body?.transformToString()) ?? '';
  try {
    const { identities } = stored.parse(JSON.parse(text));
    const memory = Object.entries(identities).map(
      ([digest, [content, versionMs, seenMs]]) => [digest, { content, versionMs, seenMs }] as const,
    );
    return { memory: new Map(memory), etag: found.ETag };
  } catch (cause) {
    throw new MillraceError('MR895', 'the cursor of the source cannot be read', {
      where: `s3://${bucket}/${key}`,
      mend: 'delete the object: every record of the next poll then counts as new, and is sent once more',
      cause,
    });
  }
}

/** Replaces the cursor that was read. @throws MillraceError MR895: another poll has replaced it meanwhile */
export async function writeCursor(
  { s3, bucket, key }: CursorPlace,
  memory: Memory,
  { etag, polledMs }: { readonly etag: string | undefined; readonly polledMs: number },
): Promise<void> {
  const identities = Object.fromEntries(
    [...memory].map(([digest, { content, versionMs, seenMs }]) => [digest, [content, versionMs, seenMs]]),
  );
  const body = { version: 1, polledAt: new Date(polledMs).toISOString(), identities };
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: `${JSON.stringify(body)}\n`,
    ContentType: 'application/json',
    ...(etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }),
  });
  await s3.send(put).catch((cause: unknown) => {
    const name = cause instanceof Error ? cause.name : '';
    if (name !== 'PreconditionFailed' && name !== 'ConditionalRequestConflict') throw cause;
    throw new MillraceError('MR895', 'another poll of the same source ended meanwhile', {
      where: `s3://${bucket}/${key}`,
      mend: 'nothing is lost, and what both have sent is the same; invoke the function only by its schedule',
      cause,
    });
  });
}
