/** `YYYY-MM-DD`: the one form of a date. */
const LENGTH = 10;
const DAYS_BEFORE_1970 = 719_468;

/** The digit at `at`, or NaN. */
export function digit(text: string, at: number): number {
  const code = text.charCodeAt(at) - 48;
  return code >= 0 && code <= 9 ? code : Number.NaN;
}

/** The number of two digits at `at`, or NaN. */
export const two = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

/**
 * Days since 1970-01-01 of a date, or NaN where the text is not exactly `YYYY-MM-DD` with a real calendar date of the
 * years 0001 to 9999.
 */
export function dateDays(text: string): number {
  return text.length === LENGTH ? leadingDateDays(text) : Number.NaN;
}

/** As `dateDays`, of a text that begins with a date. */
export function leadingDateDays(text: string): number {
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return Number.NaN;
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  // Written so that NaN fails each comparison.
  const real = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  return real ? epochDay(year, month, day) : Number.NaN;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar, by eras of 400 years that begin in March. */
function epochDay(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - DAYS_BEFORE_1970;
}
