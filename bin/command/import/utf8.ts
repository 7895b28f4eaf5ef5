import { isUtf8 } from 'node:buffer';
import { refusal } from './refusal.ts';

/** No character takes more bytes. */
const LONGEST = 4;

/**
 * The same bytes, parted between characters.
 * @throws MillraceError MR875, after the bytes before the fault
 */
export async function* utf8Only(chunks: AsyncIterable<Buffer>, place: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let passed = 0;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = wholeCharacters(bytes);
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) {
      const good = validPrefix(whole);
      yield whole.subarray(0, good);
      throw fault(place, passed + good);
    }
    if (end > 0) yield whole;
    passed += end;
    rest = bytes.subarray(end);
  }
  if (rest.length > 0) throw fault(place, passed);
}

/** Where the last character begins that may go on in the next chunk; else the end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back < LONGEST && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : LONGEST;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** How many bytes from the beginning are UTF-8; cut between characters. */
function validPrefix(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const end = wholeCharacters(bytes.subarray(0, middle));
    if (isUtf8(bytes.subarray(0, end))) good = middle;
    else bad = middle;
  }
  return wholeCharacters(bytes.subarray(0, good));
}

const fault = (place: string, at: number) => refusal('notUtf8', place, `byte ${at} is not UTF-8`);
