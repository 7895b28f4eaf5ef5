import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const BYTES = 8192;

/** The last lines of a log file, '' if there is none. Reads at most 8 KiB. */
export function logTail(path: string, lines = 20): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(size, BYTES));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    closeSync(file);
  }
}
