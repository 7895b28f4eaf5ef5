import { statfs } from 'node:fs/promises';
import { MillraceError } from '../lib/errors.ts';

/** A week of events with all its layers, Kafka's and Spark's own files take less than half of it. */
export const LEAST_FREE_BYTES = 2 * 1024 ** 3;

const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

function diskFull(folder: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError('MR424', what, {
    where: folder,
    mend: 'make room there (`npx millrace down --purge` deletes the data of the local run), then try again',
    cause,
  });
}

/** Of the folder's disk, what this user may still take. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws MR424 where less than `least` bytes are free on the folder's disk */
export async function demandSpace(folder: string, least: number = LEAST_FREE_BYTES): Promise<void> {
  const free = await freeBytes(folder);
  if (free < least) throw diskFull(folder, `${gigabytes(free)} are free, ${gigabytes(least)} are needed`);
}

/** An error of a write that found the disk full, as a coded one; undefined for any other. */
export function asDiskFull(error: unknown): MillraceError | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) return undefined;
  return diskFull('path' in error ? String(error.path) : '.', 'the disk is full', error);
}
