import { leadingDateDays } from './date.ts';
import type { CellType } from './mapping.ts';

/** What a cell is read to: dates are days since 1970-01-01, clocks minutes since midnight. */
export type CellValue = string | number | boolean | null;

/** What a cell could not be read as, without the value: `no time hhmm`. */
export class CellFault extends Error {}

const MINUTES_A_DAY = 1440;
const DAY_MS = 86_400_000;
const LONG = /^[+-]?\d+(?:\.0*)?$/;
const DOUBLE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const FLAG = /^(?:([01])(?:\.0*)?|(true|false))$/i;
const CLOCK = /^(\d{1,4})(?:\.0*)?$/;
const TIME_OF_DAY = /^[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/;
const AMERICAN_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: \d{1,2}:\d\d(?::\d\d)?(?: [AP]M)?)?$/;

/**
 * Readers of cells. They take the texts of CSV files, and the numbers, booleans, dates and bigints of JSON and Parquet;
 * an empty text is null.
 * @throws CellFault
 */
export const cellReaders: Readonly<Record<CellType, (cell: unknown) => CellValue>> = {
  text: textCell,
  long: longCell,
  double: doubleCell,
  flag: flagCell,
  date: dateCell,
  clock: clockCell,
};

const isAbsent = (cell: unknown): boolean => cell === undefined || cell === null || cell === '';

function textCell(cell: unknown): string | null {
  if (isAbsent(cell)) return null;
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') {
    // JSON's parser has rounded it: two ids would become one.
    if (Number.isInteger(cell) && !Number.isSafeInteger(cell)) throw new CellFault('no exact number');
    return numberText(cell);
  }
  if (typeof cell === 'boolean' || typeof cell === 'bigint') return String(cell);
  if (cell instanceof Date && !Number.isNaN(cell.getTime())) return cell.toISOString();
  throw new CellFault('no text');
}

/** Plain decimal, without exponent. */
export function numberText(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  if (Number.isInteger(value)) return BigInt(value).toString();
  const [digits = '', exponent = ''] = text.split('e-');
  const sign = digits.startsWith('-') ? '-' : '';
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${digits.replaceAll(/[-.]/g, '')}`;
}

function longCell(cell: unknown): number | null {
  if (isAbsent(cell)) return null;
  const read = typeof cell === 'string' && !LONG.test(cell) ? Number.NaN : numberOf(cell);
  if (!Number.isSafeInteger(read)) throw new CellFault('no whole number');
  return read;
}

function doubleCell(cell: unknown): number | null {
  if (isAbsent(cell)) return null;
  const read = typeof cell === 'string' && !DOUBLE.test(cell) ? Number.NaN : numberOf(cell);
  if (!Number.isFinite(read)) throw new CellFault('no number');
  return read;
}

/** Zero has no sign. */
function numberOf(cell: unknown): number {
  const kind = typeof cell;
  return kind === 'string' || kind === 'number' || kind === 'bigint' ? Number(cell) + 0 : Number.NaN;
}

function flagCell(cell: unknown): boolean | null {
  if (isAbsent(cell)) return null;
  if (typeof cell === 'boolean') return cell;
  if (cell === 0 || cell === 0n) return false;
  if (cell === 1 || cell === 1n) return true;
  const read = typeof cell === 'string' ? FLAG.exec(cell) : null;
  if (read === null) throw new CellFault('neither 0 nor 1');
  return read[1] === '1' || read[2]?.toLowerCase() === 'true';
}

function dateCell(cell: unknown): number | null {
  if (isAbsent(cell)) return null;
  const days = cell instanceof Date ? Math.floor(cell.getTime() / DAY_MS) : dateTextDays(cell);
  if (Number.isNaN(days)) throw new CellFault('no date');
  return days;
}

function dateTextDays(cell: unknown): number {
  if (typeof cell !== 'string') return Number.NaN;
  const american = AMERICAN_DATE.exec(cell);
  if (american !== null) {
    const [, month = '', day = '', year = ''] = american;
    return leadingDateDays(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
  }
  if (cell.length > 10 && timeOfDay(cell) === null) return Number.NaN;
  return leadingDateDays(cell);
}

/** Minutes of the time that follows a date of ten characters; null where there is none. */
function timeOfDay(cell: string): number | null {
  const [, hour, minute, second = 0] = TIME_OF_DAY.exec(cell.slice(10)) ?? [];
  const real = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59;
  return real ? Number(hour) * 60 + Number(minute) : null;
}

function clockCell(cell: unknown): number | null {
  if (isAbsent(cell)) return null;
  const read = clockMinutes(cell);
  if (read === null) throw new CellFault('no time hhmm');
  return read;
}

function clockMinutes(cell: unknown): number | null {
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? null : minutesOf(cell);
  if (typeof cell !== 'string' && typeof cell !== 'number' && typeof cell !== 'bigint') return null;
  const text = String(cell);
  const digits = CLOCK.exec(text)?.[1];
  if (digits === undefined) return Number.isNaN(leadingDateDays(text)) ? null : timeOfDay(text);
  const hhmm = Number(digits);
  const minutes = Math.floor(hhmm / 100) * 60 + (hhmm % 100);
  return hhmm % 100 <= 59 && minutes <= MINUTES_A_DAY ? minutes : null;
}

const minutesOf = (time: Date): number => time.getUTCHours() * 60 + time.getUTCMinutes();

/** `YYYY-MM-DD` of days since 1970-01-01. */
export function dateText(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}
