import { refusal } from './refusal.ts';

const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [COMMA, QUOTE, BACKSLASH] = [0x2c, 0x22, 0x5c];
/** No topic takes as much; without a bound a text that is never closed would fill the memory. */
const LONGEST_ELEMENT = 64 << 20;

/**
 * The texts of the elements of a JSON array, one by one. They are parted at the commas of the outermost array; whether
 * an element is sound, only its own parsing tells.
 * @throws MillraceError MR878, after the elements before the fault
 */
export async function* elementTexts(chunks: AsyncIterable<Buffer>, place: string): AsyncGenerator<string> {
  const broken = (what: string) => refusal('brokenText', place, `it is no JSON array: ${what}`);
  let parts: Buffer[] = [];
  let held = 0;
  let depth = 0;
  let elements = 0;
  let ended = false;
  let inString = false;
  let escaped = false;
  const text = (last: Buffer): string => {
    const whole = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts = [];
    held = 0;
    return whole.toString('utf8').trim();
  };
  for await (const chunk of chunks) {
    let begin = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        depth += 1;
        if (depth > 1 || ended) continue;
        if (byte !== OPEN_ARRAY || text(chunk.subarray(begin, at)).replace(/^\uFEFF/, '') !== '')
          throw broken('it does not begin with `[`');
        begin = at + 1;
      } else if (byte === COMMA && depth === 1) {
        yield text(chunk.subarray(begin, at));
        elements += 1;
        begin = at + 1;
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        depth -= 1;
        if (depth > 0 || ended) continue;
        const last = text(chunk.subarray(begin, at));
        if (last !== '' || elements > 0) yield last;
        begin = at + 1;
        ended = true;
      }
    }
    parts.push(chunk.subarray(begin));
    held += chunk.length - begin;
    if (held > LONGEST_ELEMENT) throw broken(`an element is longer than ${LONGEST_ELEMENT} bytes`);
  }
  if (!ended) throw broken('it ends within the array');
  if (text(Buffer.alloc(0)) !== '') throw broken('something stands behind it');
}
