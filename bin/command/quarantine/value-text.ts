import { isUtf8 } from 'node:buffer';
import { styleText } from 'node:util';
import type { FaultPlace } from './fault-place.ts';

const BYTES_A_LINE = 16;
/** Control characters beside tab, line feed and carriage return. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** A value can be shown as text: it is UTF-8 and moves no cursor. */
export function isText(value: Buffer): boolean {
  return isUtf8(value) && !CONTROL.test(value.toString('utf8'));
}

/** A value as text, or as hexadecimal lines of 16 bytes; on a terminal the fault is shown inverse. */
export function valueText(value: Buffer, fault: FaultPlace | undefined, colours: boolean): string {
  const marked = (text: string) =>
    colours && text !== '' ? styleText('inverse', text, { validateStream: false }) : text;
  if (isText(value)) {
    if (fault === undefined) return value.toString('utf8');
    const { begin, end } = fault;
    const part = (from: number, to?: number) => value.subarray(from, to).toString('utf8');
    return `${part(0, begin)}${marked(part(begin, end))}${part(end)}`;
  }
  const lines: string[] = [];
  for (let at = 0; at < value.length; at += BYTES_A_LINE) {
    const bytes = [...value.subarray(at, at + BYTES_A_LINE)];
    const isFault = (offset: number) => fault !== undefined && offset >= fault.begin && offset < fault.end;
    const hex = bytes.map((byte, index) => {
      const text = byte.toString(16).padStart(2, '0');
      return isFault(at + index) ? marked(text) : text;
    });
    const letters = bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    const blank = '   '.repeat(BYTES_A_LINE - bytes.length);
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.join(' ')}${blank}  ${letters.join('')}`);
  }
  return lines.join('\n');
}

/** The fault's place in words. */
export function placeText(value: Buffer, fault: FaultPlace | undefined): string {
  if (fault === undefined) return 'the whole value, or what it lacks';
  const { begin, end } = fault;
  const bytes = value.subarray(begin, end);
  const shown = isText(bytes) ? bytes.toString('utf8') : bytes.toString('hex');
  const what = shown.length > 80 ? `${shown.slice(0, 80)}...` : shown;
  const range = end - begin > 1 ? `bytes ${begin} to ${end - 1}` : `byte ${begin}`;
  return `${range}${what === '' ? '' : `: ${what}`}`;
}
