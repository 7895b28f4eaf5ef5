import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { canonical } from '../../../lib/contract/canonical.ts';
import { lookedUp } from '../../../lib/contract/looked-up.ts';
import type { References } from '../../../lib/contract/mapper.ts';
import type { FileSource } from '../../../lib/contract/source.ts';
import type { Days } from './state.ts';

const CHUNK_BYTES = 1 << 20;

/** SHA-256 of a file's bytes, in hexadecimal. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) hash.update(chunk);
  return hash.digest('hex');
}

interface Whole {
  /** Where the topic is; null: on this machine. */
  readonly cluster: string | null;
  readonly topic: string;
  readonly sha256: string;
  readonly part: string;
  readonly index: number;
  readonly days: Days;
}

/** What makes two imports the same: the same bytes, mapped alike, to the same topic, of the same days. */
export function importIdentity(whole: Whole, source: FileSource, references: References): string {
  const { name, mapping } = source;
  const tables = [...lookedUp(source)]
    .sort()
    .map((table) => [table, Object.fromEntries(references.get(table) ?? [])]);
  return createHash('sha256')
    .update(canonical({ ...whole, source: name, mapping, tables }))
    .digest('hex');
}
