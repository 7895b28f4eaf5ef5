import { digit, leadingDateDays, two } from './date.ts';

/** `YYYY-MM-DDTHH:MM:SS.mmmZ`: the one form of a timestamp. */
const LENGTH = 24;

/**
 * Epoch milliseconds of a timestamp, or NaN where the text is not exactly `YYYY-MM-DDTHH:MM:SS.mmmZ` with a real
 * calendar date of the years 0001 to 9999 and an hour of 00 to 23. `Date.parse` is not used: it takes many more forms.
 */
export function timestampMs(text: string): number {
  if (
    text.length !== LENGTH ||
    text.charCodeAt(10) !== 0x54 ||
    text.charCodeAt(13) !== 0x3a ||
    text.charCodeAt(16) !== 0x3a ||
    text.charCodeAt(19) !== 0x2e ||
    text.charCodeAt(23) !== 0x5a
  ) {
    return Number.NaN;
  }
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  const millisecond = two(text, 20) * 10 + digit(text, 22);
  // Written so that NaN fails each comparison.
  const real = hour <= 23 && minute <= 59 && second <= 59 && millisecond <= 999;
  if (!real) return Number.NaN;
  return (((leadingDateDays(text) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millisecond;
}
