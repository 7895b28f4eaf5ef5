import * as fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import {
  instantOfLocal,
  nearestInstant,
  nextInstant,
  type Zone,
  zoneNamed,
} from '../../lib/contract/zone-time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const NAMES = [
  'America/New_York',
  'America/Phoenix',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Pacific/Honolulu',
  'Pacific/Guam',
  'Pacific/Chatham',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'UTC',
];

function zone(name: string): Zone {
  const found = zoneNamed(name);
  if (found === undefined) throw new Error(`no zone ${name}`);
  return found;
}

const zoneName = fc.constantFrom(...NAMES);
const instant = fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2037, 0) });
const minutes = fc.integer({ min: 0, max: 1440 });
/** Days around which clocks change somewhere, so that chance finds them. */
const nearChange = fc
  .tuple(
    fc.constantFrom('2013-03-10', '2013-11-03', '2006-10-29', '2017-10-15', '2018-02-18', '2024-04-06'),
    fc.integer({ min: -36 * 60, max: 48 * 60 }),
  )
  .map(([day, minute]) => Date.parse(day) + minute * 60_000);
const time = fc.oneof(instant, nearChange);

const shown = (ms: number, name: string): string => DateTime.fromMillis(ms, { zone: name }).toFormat('HH:mm');
const clockText = (minute: number): string =>
  DateTime.fromMillis((minute % 1440) * 60_000, { zone: 'utc' }).toFormat('HH:mm');
const iso = (ms: number): string => new Date(ms).toISOString();
const offset = (ms: number, name: string): number => DateTime.fromMillis(ms, { zone: name }).offset * 60_000;

/** Clocks of that day of the zone skip the time. */
function skipped(ms: number, name: string): boolean {
  return [-1, 0, 1].some((days) => {
    const day = ms + days * DAY_MS;
    return offset(day + DAY_MS / 2, name) > offset(day - DAY_MS / 2, name);
  });
}

describe('a zone', () => {
  it('has the offset that luxon says, at every instant', () => {
    fc.assert(
      fc.property(zoneName, time, (name, ms) => {
        // Act
        const found = zone(name).offsetMs(ms);

        // Assess
        expect(found).toBe(offset(ms, name));
      }),
      { numRuns: 3000 },
    );
  });

  it('leads from an instant to its local time and back', () => {
    fc.assert(
      fc.property(zoneName, time, (name, ms) => {
        // Prepare
        const localMs = ms + zone(name).offsetMs(ms);

        // Act
        const back = instantOfLocal(zone(name), localMs);

        // Assess: the same, or the earlier of two that show the same
        expect(back + zone(name).offsetMs(back)).toBe(localMs);
        expect(back).toBeLessThanOrEqual(ms);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['America/New_York', '2013-03-10T01:59', '2013-03-10T06:59:00.000Z', 'before the gap'],
    ['America/New_York', '2013-03-10T02:30', '2013-03-10T07:30:00.000Z', 'in the gap: as if it were 03:30'],
    ['America/New_York', '2013-03-10T03:00', '2013-03-10T07:00:00.000Z', 'after the gap'],
    ['America/New_York', '2013-11-03T01:30', '2013-11-03T05:30:00.000Z', 'the earlier of two'],
    ['America/New_York', '2013-11-03T02:00', '2013-11-03T07:00:00.000Z', 'after the repeated hour'],
    ['America/Phoenix', '2013-03-10T02:30', '2013-03-10T09:30:00.000Z', 'no change in Arizona'],
    ['Pacific/Honolulu', '2013-07-01T23:59', '2013-07-02T09:59:00.000Z', 'Hawaii'],
    ['Pacific/Guam', '2013-07-01T05:00', '2013-06-30T19:00:00.000Z', 'Guam'],
    ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T22:00:00.000Z', 'the day that Samoa left out'],
    ['Africa/Monrovia', '1972-01-07T00:10', '1972-01-07T00:54:30.000Z', 'a gap of 44 min 30 s'],
  ])('%s %s is %s: %s', (name, local, expected) => {
    // Act
    const found = instantOfLocal(zone(name), Date.parse(`${local}Z`));

    // Assess
    expect(iso(found)).toBe(expected);
  });

  it('is none where the name is none', () => {
    // Act
    const found = ['Mars/Olympus', '', 'constructor'].map(zoneNamed);

    // Assess
    expect(found).toEqual([undefined, undefined, undefined]);
  });
});

describe('the next instant', () => {
  it('is later, at most 25 hours, and shows the time unless clocks skip it', () => {
    fc.assert(
      fc.property(zoneName, minutes, time, (name, minute, afterMs) => {
        // Act
        const next = nextInstant(zone(name), minute, afterMs);

        // Assess
        expect(next).toBeGreaterThan(afterMs);
        expect(next - afterMs).toBeLessThanOrEqual(25 * HOUR_MS);
        if (!skipped(next, name)) expect(shown(next, name)).toBe(clockText(minute));
      }),
      { numRuns: 3000 },
    );
  });

  it('has no other between', () => {
    fc.assert(
      fc.property(zoneName, minutes, time, (name, minute, afterMs) => {
        // Act
        const next = nextInstant(zone(name), minute, afterMs);

        // Assess: minute by minute, as luxon shows them
        const first = Math.floor(afterMs / 60_000 + 1) * 60_000;
        for (let ms = first; ms < next; ms += 60_000) {
          if (shown(ms, name) === clockText(minute)) expect.unreachable(iso(ms));
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['America/New_York', 90, '2013-11-03T05:30:00.000Z', '2013-11-03T06:30:00.000Z', 'the repeated hour'],
    ['America/New_York', 150, '2013-03-09T07:30:00.000Z', '2013-03-10T07:30:00.000Z', 'a skipped time'],
    ['America/New_York', 1440, '2013-07-01T04:00:00.000Z', '2013-07-02T04:00:00.000Z', '2400'],
    [
      'Pacific/Honolulu',
      60,
      '2013-07-01T11:00:00.000Z',
      '2013-07-02T11:00:00.000Z',
      'never the same instant',
    ],
    // Guam is 15 hours ahead of Honolulu... of the mainland: an arrival may show an earlier date than its departure.
    [
      'Pacific/Honolulu',
      360,
      '2013-07-01T21:00:00.000Z',
      '2013-07-02T16:00:00.000Z',
      'from Guam back over the date line',
    ],
  ])('%s, minute %d after %s is %s: %s', (name, minute, after, expected) => {
    // Act
    const next = nextInstant(zone(name), minute, Date.parse(after));

    // Assess
    expect(iso(next)).toBe(expected);
  });
});

describe('the nearest instant', () => {
  it('is within 13 hours and shows the time unless clocks skip it', () => {
    fc.assert(
      fc.property(zoneName, minutes, time, (name, minute, aroundMs) => {
        // Act
        const nearest = nearestInstant(zone(name), minute, aroundMs);

        // Assess
        expect(Math.abs(nearest - aroundMs)).toBeLessThanOrEqual(13 * HOUR_MS);
        if (!skipped(nearest, name)) expect(shown(nearest, name)).toBe(clockText(minute));
      }),
      { numRuns: 3000 },
    );
  });

  it('is the instant itself where its clock shows the time', () => {
    fc.assert(
      fc.property(zoneName, time, (name, ms) => {
        // Prepare
        const whole = Math.floor(ms / 60_000) * 60_000;
        const local = DateTime.fromMillis(whole, { zone: name });

        // Act
        const nearest = nearestInstant(zone(name), local.hour * 60 + local.minute, whole);

        // Assess
        expect(nearest).toBe(whole);
      }),
      { numRuns: 3000 },
    );
  });
});
