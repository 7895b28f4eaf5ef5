import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateDays } from '../../lib/contract/date.ts';
import { DATE_PATTERN, TIMESTAMP_PATTERN } from '../../lib/contract/json-schema.ts';
import { timestampMs } from '../../lib/contract/timestamp.ts';
import { dateText, oddDates, oddTimestamps, timestampText } from './events.ts';

const schemaPattern = new RegExp(TIMESTAMP_PATTERN, 'u');

describe('timestamps', () => {
  it('are epoch milliseconds, on every day of the years 1 to 9999', () => {
    for (
      let ms = Date.parse('0001-01-01T23:59:59.999Z');
      ms <= Date.UTC(9999, 11, 31, 23, 59, 59, 999);
      ms += 86_400_000
    ) {
      // Act
      const text = timestampText(ms);

      // Assess: plain comparisons, for there are 3.6 million days.
      if (timestampMs(text) !== ms || !schemaPattern.test(text)) expect.unreachable(text);
    }
  });

  it.each([...oddTimestamps, '0000-01-01T00:00:00.000Z', '0000-02-29T00:00:00.000Z'])(
    'are not `%s`',
    (text) => {
      // Act
      const ms = timestampMs(text);

      // Assess
      expect(ms).toBeNaN();
      expect(schemaPattern.test(text)).toBe(false);
    },
  );

  it('are the same to the judge and to the JSON Schema when one character changes', () => {
    const text = fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9998, 0, 1) }).map(timestampText);
    fc.assert(
      fc.property(
        text,
        fc.nat({ max: 23 }),
        fc.constantFrom(...'0123456789-:.TZ +'),
        (whole, at, character) => {
          // Act
          const edited = whole.slice(0, at) + character + whole.slice(at + 1);

          // Assess
          expect(schemaPattern.test(edited)).toBe(!Number.isNaN(timestampMs(edited)));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('dates', () => {
  const schema = new RegExp(DATE_PATTERN, 'u');

  it('are days since 1970, on every day of the years 1 to 9999', () => {
    for (let day = Date.parse('0001-01-01') / 86_400_000; day <= 2_932_896; day += 1) {
      // Act
      const text = dateText(day);

      // Assess
      if (dateDays(text) !== day || !schema.test(text)) expect.unreachable(text);
    }
  });

  it.each([...oddDates, '0000-01-01', '0000-02-29'])('are not `%s`', (text) => {
    // Act
    const days = dateDays(text);

    // Assess
    expect(days).toBeNaN();
    expect(schema.test(text)).toBe(false);
  });
});
