import { dateDays, leadingDateDays } from './date.ts';
import type { Form } from './expression.ts';
import { firstColumn, type Made, type Value } from './made.ts';
import { MappingFault } from './mapping-fault.ts';
import { instantOfLocal, nearestInstant, nextInstant, type Zone, zoneNamed } from './zone-time.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const TIME = /^\d{4}-\d\d-\d\d[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/;

interface TimeForms {
  readonly dateOf: Form<'dateOf'>;
  readonly endOfMonth: Form<'endOfMonth'>;
  readonly hourOf: Form<'hourOf'>;
  readonly hhmmOf: Form<'hhmmOf'>;
  readonly instant: Form<'instant'>;
  readonly next: Form<'next'>;
  readonly nearest: Form<'nearest'>;
  readonly local: Form<'local'>;
  readonly utc: Form<'utc'>;
  readonly plusMinutes: Form<'plusMinutes'>;
}

/** The forms of expressions that make or read times. */
export const timeForms: TimeForms = {
  dateOf: ({ dateOf: [year, month, day] }, part) => {
    const [y, m, d] = [part(year, 'long'), part(month, 'long'), part(day, 'long')];
    const column = firstColumn([y, m, d]);
    return {
      kind: 'date',
      column,
      of: (row, made) => {
        const values = [y.of(row, made), m.of(row, made), d.of(row, made)];
        if (values.includes(null)) return null;
        const text = `${padded(values[0], 4)}-${padded(values[1], 2)}-${padded(values[2], 2)}`;
        const days = dateDays(text);
        if (Number.isNaN(days)) throw new MappingFault(column, text, 'no date');
        return days;
      },
    };
  },

  endOfMonth: ({ endOfMonth }, part) =>
    ofNumber(part(endOfMonth, 'date'), 'instant', (days) => {
      const date = new Date(days * DAY_MS);
      date.setUTCMonth(date.getUTCMonth() + 1, 1);
      return date.getTime() - 1;
    }),

  hourOf: ({ hourOf }, part) =>
    ofNumber(part(hourOf, 'clock'), 'long', (minutes) => Math.floor(minutes / 60) % 24),

  hhmmOf: ({ hhmmOf }, part) =>
    ofNumber(part(hhmmOf, 'clock'), 'long', (minutes) => Math.floor(minutes / 60) * 100 + (minutes % 60)),

  instant: ({ instant: { date, clock, zone } }, part) =>
    inZone(part(zone, 'text'), part(date, 'date'), part(clock, 'clock'), (place, days, minutes) =>
      instantOfLocal(place, days * DAY_MS + minutes * MINUTE_MS),
    ),

  next: ({ next: { clock, zone, after } }, part) =>
    inZone(part(zone, 'text'), part(clock, 'clock'), part(after, 'instant'), nextInstant),

  nearest: ({ nearest: { clock, zone, around } }, part) =>
    inZone(part(zone, 'text'), part(clock, 'clock'), part(around, 'instant'), nearestInstant),

  local: ({ local: { text, zone } }, part) => {
    const digits = part(text, 'text');
    const local: Made = {
      ...digits,
      of: (row, made) => timeOf(digits, digits.of(row, made))?.localMs ?? null,
    };
    return inZone(part(zone, 'text'), local, local, instantOfLocal);
  },

  utc: ({ utc }, part) => {
    const text = part(utc, 'text');
    return {
      kind: 'instant',
      column: text.column,
      of: (row, made) => {
        const value = text.of(row, made);
        const time = timeOf(text, value);
        if (time === null) return null;
        if (time.offsetMs === null) throw new MappingFault(text.column, value, 'a time without offset');
        return within(text.column, time.localMs - time.offsetMs, value);
      },
    };
  },

  plusMinutes: ({ plusMinutes: [instant, minutes] }, part) => {
    const [from, by] = [part(instant, 'instant'), part(minutes, 'long', 'double')];
    return {
      kind: 'instant',
      column: firstColumn([by, from]),
      of: (row, made) => {
        const ms = from.of(row, made);
        const value = by.of(row, made);
        if (typeof ms !== 'number' || typeof value !== 'number') return null;
        return within(by.column, Math.round(ms + value * MINUTE_MS), value);
      },
    };
  },
};

const padded = (value: Value | undefined, length: number): string => String(value).padStart(length, '0');

function ofNumber(made: Made, kind: 'instant' | 'long', make: (value: number) => number): Made {
  return {
    kind,
    column: made.column,
    of: (row, values) => {
      const value = made.of(row, values);
      return typeof value === 'number' ? make(value) : null;
    },
  };
}

/** An instant of two numbers in a zone. */
function inZone(
  zone: Made,
  first: Made,
  second: Made,
  make: (zone: Zone, first: number, second: number) => number,
): Made {
  return {
    kind: 'instant',
    column: firstColumn([first, second]),
    of: (row, made) => {
      const one = first.of(row, made);
      const name = zone.of(row, made);
      const other = first === second ? one : second.of(row, made);
      if (typeof one !== 'number' || typeof other !== 'number' || name === null) return null;
      const place = zoneNamed(String(name));
      if (place === undefined) throw new MappingFault(zone.column, name, 'no time zone');
      return make(place, one, other);
    },
  };
}

/** An event's timestamps are of the years 0001 to 9999. */
function within(column: string, instantMs: number, value: Value): number {
  if (instantMs >= FIRST_MS && instantMs <= LAST_MS) return instantMs;
  throw new MappingFault(column, value, 'no time of the years 1 to 9999');
}

/** The digits of a time as if they were UTC, and what its suffix says. @throws MappingFault */
function timeOf(
  { column }: Made,
  value: Value,
): { readonly localMs: number; readonly offsetMs: number | null } | null {
  if (value === null) return null;
  const text = String(value);
  const [matched, hour, minute, second = '0', fraction = '', suffix] = TIME.exec(text) ?? [];
  const real = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59;
  const days = leadingDateDays(text);
  if (matched === undefined || !real || Number.isNaN(days)) throw new MappingFault(column, value, 'no time');
  const minutes = days * 1440 + Number(hour) * 60 + Number(minute);
  const ms = Number(second) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return { localMs: minutes * MINUTE_MS + ms, offsetMs: suffix === undefined ? null : offsetOf(suffix) };
}

/** `+05:30` or `-0500` in milliseconds. */
function offsetOf(suffix: string): number {
  if (suffix === 'Z') return 0;
  const minutes = Number(suffix.slice(1, 3)) * 60 + Number(suffix.slice(-2));
  return (suffix.startsWith('-') ? -minutes : minutes) * MINUTE_MS;
}
