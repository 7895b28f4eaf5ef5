/**
 * Arbitrary events of any manifest, for property tests and for the fuzzing of the two judges against each other.
 * `validEvent` is accepted, `brokenEvent` is refused at a known path, `rawValue` is anything a producer could send.
 */
import * as fc from 'fast-check';
import type { Field, Manifest, Rule } from '../../lib/contract/manifest.ts';

export type JsonObject = { [key: string]: unknown };

export interface ValidEvent {
  readonly event: JsonObject;
  /** Such that the event is neither `future` nor `too-old`. */
  readonly kafkaTimestampMs: number;
}

export interface BrokenEvent extends ValidEvent {
  /** Dotted path of the only breach. */
  readonly path: string;
}

const DAY_MS = 86_400_000;
const YEAR_1_MS = Date.UTC(2001, 0, 1) - 63_113_904_000_000;
const YEAR_9999_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const ruleOf = <Name extends Rule['rule']>(
  field: Field,
  name: Name,
): Extract<Rule, { rule: Name }> | undefined =>
  field.rules.find((rule): rule is Extract<Rule, { rule: Name }> => rule.rule === name);

/** Days since 1970-01-01 to the one form of a date. */
export const dateText = (days: number): string => timestampText(days * DAY_MS).slice(0, 10);
/** Epoch ms to the one form of a timestamp. */
export const timestampText = (ms: number): string => new Date(ms).toISOString();

/** An event that the judge calls valid, with fields it does not know mixed in. */
export function validEvent(manifest: Manifest): fc.Arbitrary<ValidEvent> {
  const { futureMs, tooOldMs } = manifest.time;
  const leaves = manifest.fields.map((field) =>
    field.column === manifest.observedTime ? fc.integer({ min: -tooOldMs, max: futureMs }) : leafValue(field),
  );
  const observed = manifest.fields.findIndex((field) => field.column === manifest.observedTime);
  const kafkaTimestamp = fc.integer({ min: Date.UTC(2001, 0, 1), max: Date.UTC(2099, 0, 1) });
  return fc
    .tuple(kafkaTimestamp, fc.tuple(...leaves), unknownFields(manifest))
    .map(([kafkaTimestampMs, values, extra]) => {
      const observedText = timestampText(kafkaTimestampMs + Number(values[observed]));
      return { event: assemble(manifest, values.with(observed, observedText), extra), kafkaTimestampMs };
    });
}

/** A valid event with exactly one breach of the schema (never one of the time rules). */
export function brokenEvent(manifest: Manifest): fc.Arbitrary<BrokenEvent> {
  const breaches = manifest.fields.flatMap((field) => [
    ...(field.required ? [fc.constant({ field, absent: true, wrong: undefined as unknown })] : []),
    wrongValue(field).map((wrong) => ({ field, absent: false, wrong })),
  ]);
  const nested = manifest.fields.filter(
    (field, index) => field.path.length > 1 && manifest.fields[index - 1]?.path[0] !== field.path[0],
  );
  const leafBreach = fc
    .tuple(validEvent(manifest), fc.oneof(...breaches))
    .map(([valid, { field, absent, wrong }]) => {
      const event = structuredClone(valid.event);
      put(event, field.path, absent ? undefined : wrong);
      return { ...valid, event, path: field.path.join('.') };
    });
  if (nested.length === 0) return leafBreach;
  const objectBreach = fc
    .tuple(validEvent(manifest), fc.constantFrom(...nested), fc.constantFrom<unknown>('x', 1, true, []))
    .map(([valid, field, wrong]) => {
      const event = structuredClone(valid.event);
      put(event, field.path.slice(0, 1), wrong);
      return { ...valid, event, path: field.path.join('.') };
    });
  return fc.oneof({ arbitrary: leafBreach, weight: 8 }, { arbitrary: objectBreach, weight: 1 });
}

/** A value that keeps the field's rules; undefined for a missing optional field. */
function leafValue(field: Field): fc.Arbitrary<unknown> {
  const present = presentValue(field);
  if (field.required) return present;
  return fc.oneof({ arbitrary: present, weight: 3 }, fc.constantFrom(null, undefined));
}

function presentValue(field: Field): fc.Arbitrary<unknown> {
  const range = ruleOf(field, 'range');
  switch (field.type) {
    case 'boolean':
      return fc.boolean();
    case 'timestamp':
      return fc.integer({ min: YEAR_1_MS, max: YEAR_9999_MS }).map(timestampText);
    case 'date':
      return fc.integer({ min: YEAR_1_MS / DAY_MS, max: Math.floor(YEAR_9999_MS / DAY_MS) }).map(dateText);
    case 'long':
      return fc.integer({
        min: Math.ceil(range?.min ?? Number.MIN_SAFE_INTEGER),
        max: Math.floor(range?.max ?? Number.MAX_SAFE_INTEGER),
      });
    case 'double':
      // JSON.stringify writes -0 as 0; the raw values have it as a literal.
      return fc
        .double({ min: range?.min ?? -Number.MAX_VALUE, max: range?.max ?? Number.MAX_VALUE, noNaN: true })
        .map((number) => number + 0);
    case 'string':
      return textValue(field);
  }
}

function textValue(field: Field): fc.Arbitrary<string> {
  const allowed = ruleOf(field, 'enum');
  if (allowed !== undefined) return fc.constantFrom(...allowed.values);
  const length = ruleOf(field, 'length');
  const pattern = ruleOf(field, 'pattern');
  if (pattern !== undefined) {
    const fits = (text: string): boolean =>
      text.length >= (length?.min ?? 0) && text.length <= (length?.max ?? Infinity);
    return fc.stringMatching(new RegExp(pattern.pattern)).filter(fits);
  }
  if (length === undefined) return fc.string({ unit: 'binary', maxLength: 20 });
  // Zod counts UTF-16 units and the judge code points: where length is ruled, one is the other.
  const plain = fc.string({
    unit: 'grapheme-ascii',
    minLength: length.min ?? 0,
    maxLength: length.max ?? 40,
  });
  return fc.oneof(
    plain,
    fc.constantFrom('ä').map((letter) => letter.repeat(Math.max(length.min ?? 1, 1))),
  );
}

/** A present value that breaks the field's type or a rule, in the eyes of every judge. */
function wrongValue(field: Field): fc.Arbitrary<unknown> {
  const range = ruleOf(field, 'range');
  const beyond = [
    ...(range?.min === undefined
      ? []
      : [range.min - 1, range.min - Math.max(Math.abs(range.min) * 1e-9, 1e-9)]),
    ...(range?.max === undefined
      ? []
      : [range.max + 1, range.max + Math.max(Math.abs(range.max) * 1e-9, 1e-9)]),
  ];
  const common: unknown[] = [[], {}, [1], { a: 1 }];
  switch (field.type) {
    case 'boolean':
      return fc.constantFrom(...common, 'true', 0, 1, '');
    case 'double':
      return fc.constantFrom(...common, '1', '', true, ...beyond);
    case 'long':
      return fc.constantFrom(...common, '1', false, 1.5, -0.1, 2 ** 53, -(2 ** 53), 1e300, ...beyond);
    case 'timestamp':
      return fc.constantFrom(...common, 1_767_225_600_000, true, ...oddTimestamps);
    case 'date':
      return fc.constantFrom(...common, 20_513, true, ...oddDates);
    case 'string':
      return fc.oneof(fc.constantFrom(...common, 1, true, 1.5), ...wrongTexts(field));
  }
}

function wrongTexts(field: Field): fc.Arbitrary<string>[] {
  const allowed = ruleOf(field, 'enum');
  if (allowed !== undefined) {
    return [
      fc
        .constantFrom(...allowed.values)
        .chain((value) => fc.constantFrom(`${value} `, value.toUpperCase(), `${value}\n`, '')),
    ].map((texts) => texts.filter((text) => !allowed.values.includes(text)));
  }
  const pattern = ruleOf(field, 'pattern');
  const length = ruleOf(field, 'length');
  const wrong: fc.Arbitrary<string>[] = [];
  if (pattern !== undefined) {
    const matches = new RegExp(pattern.pattern);
    const edited = textValue(field).chain((text) =>
      fc.constantFrom(
        `${text}\n`,
        ` ${text}`,
        `${text}${text}-`,
        `\uff11${text}`,
        text.slice(1),
        `${text}\u0000`,
        '',
      ),
    );
    wrong.push(edited.filter((text) => !matches.test(text)));
  }
  if (length?.min !== undefined && length.min > 0) wrong.push(fc.constant('a'.repeat(length.min - 1)));
  if (length?.max !== undefined) wrong.push(fc.constant('a'.repeat(length.max + 1)));
  return wrong;
}

/** None of them is a timestamp, to zod, to the JSON Schema and to the judge. */
export const oddTimestamps: readonly string[] = [
  '2026-01-02T03:04:05Z',
  '2026-01-02T03:04:05.6Z',
  '2026-01-02T03:04:05.678901Z',
  '2026-01-02T03:04:05.678',
  '2026-01-02T03:04:05.678+00:00',
  '2026-01-02T03:04:05.678z',
  '2026-01-02t03:04:05.678Z',
  '2026-01-02 03:04:05.678Z',
  '2026-01-02T24:00:00.000Z',
  '2026-01-02T23:60:00.000Z',
  '2026-01-02T23:59:60.000Z',
  '2026-02-29T00:00:00.000Z',
  '2026-02-30T00:00:00.000Z',
  '1900-02-29T00:00:00.000Z',
  '2026-04-31T00:00:00.000Z',
  '2026-00-10T00:00:00.000Z',
  '2026-13-10T00:00:00.000Z',
  '2026-01-00T00:00:00.000Z',
  '2026-01-32T00:00:00.000Z',
  '2026-1-02T03:04:05.678Z',
  '02026-01-02T03:04:05.678Z',
  '+002026-01-02T03:04:05.678Z',
  '-2026-01-02T03:04:05.67Z',
  '2026-01-02T03:04:05,678Z',
  '2026-01-02T03:04:05.678Z\n',
  ' 2026-01-02T03:04:05.678Z',
  '2026-W01-2T03:04:05.678Z',
  '２０２６-01-02T03:04:05.678Z',
  '2026-01-0٢T03:04:05.678Z',
  '2026-01-02',
  '1767225600000',
  '',
];

/** None of them is a date, to zod, to the JSON Schema and to the judge. */
export const oddDates: readonly string[] = [
  '2026-02-29',
  '1900-02-29',
  '2026-04-31',
  '2026-00-10',
  '2026-13-10',
  '2026-01-00',
  '2026-01-32',
  '2026-1-02',
  '2026-01-2',
  '02026-01-02',
  '+2026-01-02',
  '-026-01-02',
  '2026/01/02',
  '20260102',
  '2026-01-02\n',
  ' 2026-01-02',
  '2026-01-02Z',
  '2026-W01-2',
  '２０２６-01-02',
  '2026-01-0٢',
  '2026-01-02T00:00:00.000Z',
  '20513',
  '',
];

/** Fields that the contract does not declare, at the top. */
function unknownFields(manifest: Manifest): fc.Arbitrary<JsonObject> {
  const taken = new Set(manifest.fields.map((field) => field.path[0]));
  const name = fc
    .oneof(fc.constantFrom('extra', 'Status', 'toString', 'ümlaut'), fc.string({ maxLength: 8 }))
    .filter((key) => !taken.has(key) && key !== '__proto__');
  return fc.oneof(
    { arbitrary: fc.constant({}), weight: 3 },
    fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 }),
  );
}

function assemble(manifest: Manifest, values: readonly unknown[], extra: JsonObject): JsonObject {
  const event: JsonObject = structuredClone(extra);
  manifest.fields.forEach((field, index) => {
    if (values[index] !== undefined) put(event, field.path, values[index]);
  });
  return event;
}

/** Puts a value at a path, making the objects on the way; undefined removes the key. */
export function put(event: JsonObject, path: readonly string[], value: unknown): void {
  let object = event;
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(object, key)) object[key] = {};
    object = object[key] as JsonObject;
  }
  const last = path.at(-1) ?? '';
  if (value === undefined) delete object[last];
  else object[last] = value;
}
