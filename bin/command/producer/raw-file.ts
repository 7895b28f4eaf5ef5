import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { valueAt } from '../../../lambdas/simulate/generic.ts';
import { type Message, pathOf } from '../../../lambdas/simulate/message.ts';
import { partitionOf } from '../../../lambdas/simulate/partition.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 20;
/** No topic takes as much, however well it compresses; without a bound a file of one line would fill the memory. */
const LONGEST_LINE_BYTES = 64 << 20;
/** Records without a key keep their order among themselves by sharing a partition. */
const KEYLESS_PARTITION = 0;

/**
 * The records of a file of one raw value a line: bytes as they are, parted at LF alone. A line without bytes is an
 * empty value; what follows the last LF is a record only if there is something.
 * @throws MillraceError MR505 (a line that no topic takes)
 */
export async function* rawLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let unended = 0;
  let line = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      yield parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
      parts = [];
      unended = 0;
      line += 1;
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
    unended += chunk.length - start;
    if (unended > LONGEST_LINE_BYTES) throw tooLong(line);
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

/**
 * The key of a value: the contract's key field, where the value parses as a JSON object that has it as a string.
 * @returns null for every other value
 */
export function keyReader(manifest: Manifest): (value: Buffer) => Buffer | null {
  const path = pathOf(manifest, manifest.topic.key);
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (value) => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(utf8.decode(value));
    } catch {
      return null;
    }
    if (Array.isArray(parsed)) return null;
    const key = valueAt(parsed, path);
    return typeof key === 'string' ? Buffer.from(key) : null;
  };
}

/** @throws MillraceError MR504 (no such file), MR505 (a line that no topic takes) */
export async function* fileMessages(
  file: string,
  manifest: Manifest,
  partitions: number,
): AsyncGenerator<Message> {
  const known = await stat(file).catch(() => undefined);
  if (known === undefined || known.isDirectory()) {
    throw new MillraceError('MR504', 'the file of records cannot be read', {
      where: file,
      mend: 'name a file that holds one record value a line',
    });
  }
  const keyOf = keyReader(manifest);
  for await (const value of rawLines(createReadStream(file, { highWaterMark: CHUNK_BYTES }))) {
    const key = keyOf(value);
    const partition = key === null ? KEYLESS_PARTITION : partitionOf(key, partitions);
    yield { partition, key, value };
  }
}

function tooLong(line: number): MillraceError {
  return new MillraceError('MR505', `line ${line} is longer than ${LONGEST_LINE_BYTES} bytes`, {
    where: `line ${line}`,
    mend: 'part the records by line feeds; the records before that line are sent',
  });
}
