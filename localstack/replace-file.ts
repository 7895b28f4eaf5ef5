import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

export interface ReplaceOptions {
  /** Permissions of the file. @default as the process makes files */
  readonly mode?: number;
}

/** Writes a file in one step: who has it open keeps what it was, who opens it reads all of the old or all of the new. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode }: ReplaceOptions = {},
): Promise<void> {
  // Two may replace one file at once: each by a file of its own.
  const beside = `${path}.${randomUUID()}.new`;
  try {
    await writeFile(beside, content, mode === undefined ? {} : { mode });
    await rename(beside, path);
  } catch (error) {
    // A full disk is not filled further by every further try.
    await rm(beside, { force: true });
    throw error;
  }
}
