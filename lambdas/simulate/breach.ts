import type { Field, Manifest, Reason, Rule } from '../../lib/contract/manifest.ts';
import { setAt } from './generic.ts';
import type { Random } from './random.ts';
import type { Event } from './simulator.ts';

/** One way to break a record. */
export interface Breach {
  /** Stable name, used in the ledger. */
  readonly kind: string;
  readonly reason: Extract<Reason, 'unparseable' | 'invalid'>;
  /** The broken value made of a valid event; null is a Kafka null value. */
  make(event: Event, random: Random): Buffer | null;
}

const TOO_DEEP = 65;

/** Every way of breaking this contract's records, in a fixed order. */
export function breaches(manifest: Manifest): readonly Breach[] {
  return [...unparseable(), ...shapeless(), ...fieldBreaches(manifest)];
}

function unparseable(): Breach[] {
  const text = (kind: string, change: (valid: string) => string): Breach => ({
    kind,
    reason: 'unparseable',
    make: (event) => Buffer.from(change(JSON.stringify(event))),
  });
  const bytes = (kind: string, make: Breach['make']): Breach => ({ kind, reason: 'unparseable', make });
  return [
    bytes('null-value', () => null),
    bytes('empty-value', () => Buffer.alloc(0)),
    text('truncated', (valid) => valid.slice(0, -7)),
    text('not-json', () => 'sensor offline'),
    text('trailing-text', (valid) => `${valid} and more`),
    text('single-quotes', (valid) => valid.replaceAll('"', "'")),
    text('byte-order-mark', (valid) => `\ufeff${valid}`),
    text('not-a-number', (valid) => prefixed('"extra":NaN', valid)),
    text('infinity', (valid) => prefixed('"extra":-Infinity', valid)),
    text('control-character', (valid) => prefixed('"extra":"a\u0001b"', valid)),
    text('trailing-comma', (valid) => `${valid.slice(0, -1)},}`),
    text('nested-too-deeply', (valid) =>
      prefixed(`"extra":${'['.repeat(TOO_DEEP)}${']'.repeat(TOO_DEEP)}`, valid),
    ),
    bytes('not-utf8', (event) => withBytes(event, [0xff, 0xfe])),
    bytes('overlong-utf8', (event) => withBytes(event, [0xc0, 0xaf])),
    bytes('surrogate-utf8', (event) => withBytes(event, [0xed, 0xa0, 0x80])),
  ];
}

/** Members put in front of a JSON object's own. */
export function prefixed(members: string, object: string): string {
  return object === '{}' ? `{${members}}` : `{${members},${object.slice(1)}`;
}

function withBytes(event: Event, bytes: readonly number[]): Buffer {
  const mark = '\u0000mark';
  const text = prefixed(`"extra":${JSON.stringify(mark)}`, JSON.stringify(event));
  const [before = '', after = ''] = text.split(JSON.stringify(mark).slice(1, -1));
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}

function shapeless(): Breach[] {
  const whole = (kind: string, make: (valid: string) => string): Breach => ({
    kind,
    reason: 'invalid',
    make: (event) => Buffer.from(make(JSON.stringify(event))),
  });
  return [
    whole('array', (valid) => `[${valid}]`),
    whole('json-null', () => 'null'),
    whole('json-number', () => '42'),
    whole('json-string', (valid) => JSON.stringify(valid)),
    whole('prototype', (valid) => `{"__proto__":${valid}}`),
  ];
}

function fieldBreaches(manifest: Manifest): Breach[] {
  const { fields } = manifest;
  const required = fields.filter((field) => field.required);
  const numbers = fields.filter((field) => field.type === 'double' || field.type === 'long');
  const strings = fields.filter((field) => field.type === 'string');
  const times = fields.filter((field) => field.type === 'timestamp');
  const dates = fields.filter((field) => field.type === 'date');
  const booleans = fields.filter((field) => field.type === 'boolean');
  const nested = fields.filter((field) => field.path.length > 1);
  return [
    replaced('missing-field', required, () => undefined),
    replaced('null-field', required, () => null),
    replaced('object-for-value', fields, () => ({})),
    replaced('number-as-string', numbers, (field, was) => String(was ?? field.column)),
    replaced('boolean-for-number', numbers, () => true),
    replaced('number-for-string', strings, () => 7),
    replaced('number-for-time', times, () => 1_700_000_000_000),
    replaced('string-for-boolean', booleans, () => 'true'),
    replaced('lone-surrogate', strings, () => '\ud800'),
    literal('infinite-number', numbers, '1e400'),
    literal('last-of-duplicate-keys', fields.filter(atTop), '[]'),
    ...BAD_TIMES.map(([kind, change]) => replaced(kind, times, (_field, was) => change(String(was)))),
    replaced('number-for-date', dates, () => 20_513),
    ...BAD_DATES.map(([kind, change]) => replaced(kind, dates, (_field, was) => change(String(was)))),
    ...fields.flatMap((field) => field.rules.map((rule) => ruleBreach(field, rule))),
    {
      ...replaced('value-for-object', nested, () => undefined),
      make: (event: Event, random: Random) => {
        const changed = structuredClone(event);
        setAt(changed, random.pick(nested).path.slice(0, -1), 'flat');
        return Buffer.from(JSON.stringify(changed));
      },
      possible: nested.length > 0,
    },
  ].filter((breach) => breach.possible);
}

const BAD_TIMES: readonly (readonly [string, (valid: string) => string])[] = [
  ['time-without-milliseconds', (valid) => valid.replace(/\.\d{3}Z$/, 'Z')],
  ['time-with-offset', (valid) => valid.replace(/Z$/, '+00:00')],
  ['time-without-zone', (valid) => valid.replace(/Z$/, '')],
  ['time-with-space', (valid) => valid.replace('T', ' ')],
  ['time-in-microseconds', (valid) => valid.replace(/Z$/, '000Z')],
  ['no-such-day', (valid) => valid.replace(/^(\d{4})-\d{2}-\d{2}/, '$1-02-30')],
  ['no-such-hour', (valid) => valid.replace(/T\d{2}/, 'T24')],
  ['year-zero', (valid) => valid.replace(/^\d{4}/, '0000')],
];

const BAD_DATES: readonly (readonly [string, (valid: string) => string])[] = [
  ['date-with-time', (valid) => `${valid}T00:00:00.000Z`],
  ['date-without-dashes', (valid) => valid.replaceAll('-', '')],
  ['no-such-date', (valid) => valid.replace(/-\d{2}-\d{2}$/, '-02-30')],
  ['date-of-year-zero', (valid) => valid.replace(/^\d{4}/, '0000')],
];

interface FieldBreach extends Breach {
  /** False where the contract has no field that could break this way. */
  readonly possible: boolean;
}

const atTop = (field: Field) => field.path.length === 1;

function replaced(
  kind: string,
  fields: readonly Field[],
  value: (field: Field, was: unknown) => unknown,
): FieldBreach {
  return {
    kind,
    reason: 'invalid',
    possible: fields.length > 0,
    make(event, random) {
      const field = random.pick(fields);
      const changed = structuredClone(event);
      const was = field.path.reduce<unknown>((place, step) => (place as Event | undefined)?.[step], event);
      setAt(changed, field.path, value(field, was));
      return Buffer.from(JSON.stringify(changed));
    },
  };
}

/** A field whose value is text that JSON.stringify would not write; written last, so it also wins over an earlier key. */
function literal(kind: string, fields: readonly Field[], text: string): FieldBreach {
  return {
    kind,
    reason: 'invalid',
    possible: fields.filter(atTop).length > 0,
    make(event, random) {
      const field = random.pick(fields.filter(atTop));
      const key = JSON.stringify(field.path[0]);
      return Buffer.from(`${JSON.stringify(event).slice(0, -1)},${key}:${text}}`);
    },
  };
}

function ruleBreach(field: Field, rule: Rule): FieldBreach {
  const kind = `${rule.rule}-of-${field.column}`;
  if (rule.rule === 'enum') return replaced(kind, [field], () => `not ${rule.values[0]}`);
  if (rule.rule === 'pattern') return replaced(kind, [field], () => '\u00e9 \u{1f9ca}');
  if (rule.rule === 'range') {
    return replaced(kind, [field], () => (rule.max === undefined ? (rule.min ?? 0) - 1 : rule.max + 1));
  }
  const tooLong = 'x'.repeat((rule.max ?? 0) + 1);
  return replaced(kind, [field], () => (rule.max === undefined ? '' : tooLong));
}
