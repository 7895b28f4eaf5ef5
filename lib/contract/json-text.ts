import { isAscii, isUtf8 } from 'node:buffer';

/** Objects and arrays inside each other; RFC 8259 lets a reader set a limit, and both judges set this one. */
export const DEEPEST_NESTING = 64;

export type Parsed = { readonly value: unknown } | { readonly fault: string };

const EMPTY: Parsed = { fault: 'empty' };
const NOT_UTF8: Parsed = { fault: 'not UTF-8' };
const TOO_DEEP: Parsed = { fault: 'nested too deeply' };
const NOT_JSON: Parsed = { fault: 'not JSON' };

/**
 * Bytes to a JSON value: strict UTF-8 (a byte order mark is content, hence no JSON), RFC 8259, at most 64 levels.
 * Of duplicate keys the last counts.
 */
export function parseJson(bytes: Uint8Array | null): Parsed {
  if (bytes === null || bytes.length === 0) return EMPTY;
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text: string;
  // Most events are ASCII, and that is read three times as fast.
  if (isAscii(buffer)) text = buffer.toString('latin1');
  else if (isUtf8(buffer)) text = buffer.toString('utf8');
  else return NOT_UTF8;
  if (opensMoreThan(text, DEEPEST_NESTING) && nestsDeeperThan(text, DEEPEST_NESTING)) return TOO_DEEP;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return NOT_JSON;
  }
}

/** Whether `{` and `[` stand in the text more than `most` times, strings included: a cheap upper bound of the nesting. */
function opensMoreThan(text: string, most: number): boolean {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > most) return true;
    }
  }
  return false;
}

/** Whether objects and arrays nest deeper than `most`, brackets in strings apart. */
function nestsDeeperThan(text: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > most) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}
