import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MillraceError } from '../../lib/errors.ts';

/** How much of a log's end is searched for its last lines. */
const tailBytes = 1024 * 1024;
const pieceBytes = 64 * 1024;

/** The log of one part of a run: a service, a function, a poller or a job. */
export interface LogFile {
  readonly part: string;
  readonly path: string;
}

/** The logs in a folder, by name; none where the folder is missing. */
export async function logFiles(folder: string): Promise<LogFile[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => ({ part: basename(name, '.log'), path: join(folder, name) }));
}

/**
 * The log of exactly that name, else those whose names hold it.
 * @throws MillraceError MR490 where there is none
 */
export function logsOf(part: string, files: readonly LogFile[]): LogFile[] {
  const exact = files.filter((file) => file.part === part);
  const found = exact.length > 0 ? exact : files.filter((file) => file.part.includes(part));
  if (found.length > 0) return found;
  const names = files.map((file) => file.part).join(', ');
  throw new MillraceError('MR490', part === '' ? 'there are no logs yet' : `there is no log of \`${part}\``, {
    where: 'millrace logs',
    mend: names === '' ? 'start a run first: npx millrace up' : `name one of: ${names}`,
  });
}

/** Where a log is read on: the end of the last line that was read. */
export interface Reading {
  readonly lines: readonly string[];
  /** Byte offset behind the last whole line. */
  readonly offset: number;
}

/** The last whole lines of a log, at most `count`. */
export async function lastLines(path: string, count: number): Promise<Reading> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const end = buffer.lastIndexOf(0x0a) + 1;
    const lines = end === 0 ? [] : buffer.toString('utf8', 0, end - 1).split('\n');
    return { lines: count === 0 ? [] : lines.slice(-count), offset: size - length + end };
  } finally {
    await file.close();
  }
}

/** The whole lines from an offset on, a piece at most; a log that has become shorter was begun anew. */
export async function linesFrom(path: string, offset: number): Promise<Reading> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const from = size < offset ? 0 : offset;
    const length = Math.min(size - from, pieceBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
    const newline = buffer.lastIndexOf(0x0a, bytesRead - 1);
    // A line longer than a piece is given out in pieces.
    const end = newline >= 0 ? newline + 1 : bytesRead === pieceBytes ? bytesRead : 0;
    if (end === 0) return { lines: [], offset: from };
    return {
      lines: buffer.toString('utf8', 0, newline >= 0 ? newline : end).split('\n'),
      offset: from + end,
    };
  } finally {
    await file.close();
  }
}
