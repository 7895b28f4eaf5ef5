/**
 * The judge: what a record's value is worth, from the manifest alone. It is bundled into the landing function, so it
 * needs nothing but Node. `glue-jobs/millrace_jobs/judge.py` is the same judge for Spark; test/contract/differential
 * holds the two to one verdict, one path and equal values.
 */
import { dateDays } from './date.ts';
import { parseJson } from './json-text.ts';
import type { Field, Manifest, Rule, Verdict } from './manifest.ts';
import { timestampMs } from './timestamp.ts';

export type Judgement =
  /**
   * Values stand in the order of the manifest's fields: string, number, boolean, null; a timestamp in epoch ms, a date in
   * days since 1970-01-01.
   */
  | { readonly verdict: 'valid'; readonly values: unknown[] }
  /** Path: dotted, `$` for the whole. */
  | { readonly verdict: Exclude<Verdict, 'valid'>; readonly path: string; readonly detail: string };

export type Judge = (value: Uint8Array | null, kafkaTimestampMs: number) => Judgement;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The key under which a source sends what it could not make an event of: `{ path, detail, … }`, both texts. Such a record
 * is invalid for just that reason. No field of a contract can have this name.
 */
export const REJECTED = '$rejected';

/** Why a value was refused; told apart from every JSON value by its class. */
class Breach {
  readonly detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}

/** Gives the typed value, or the breach. */
type Check = (value: unknown) => unknown;

const MISSING = new Breach('missing');
const NOT_A_STRING = new Breach('not a string');
const NOT_A_DOUBLE = new Breach('not a double');
const NOT_A_LONG = new Breach('not a long');
const NOT_A_BOOLEAN = new Breach('not a boolean');
const NOT_A_TIMESTAMP = new Breach('not a timestamp');
const NOT_A_DATE = new Breach('not a date');
const NOT_ALLOWED = new Breach('not one of the allowed values');
const NOT_THE_PATTERN = new Breach('does not match the pattern');
/** Found on the way to a field: something that is neither an object nor absent. */
const ASTRAY = new Breach('not an object');

/**
 * Compiles the rules of a manifest. The judge never throws, whatever the bytes.
 * @returns (value bytes or null, Kafka timestamp in epoch ms) => judgement
 */
export function compileJudge(manifest: Manifest): Judge {
  const readers = manifest.fields.map(reader);
  const paths = manifest.fields.map((field) => field.path.join('.'));
  const observed = manifest.fields.findIndex((field) => field.column === manifest.observedTime);
  const observedPath = paths[observed] ?? '$';
  const { futureMs, tooOldMs } = manifest.time;
  const count = readers.length;

  return (value, kafkaTimestampMs) => {
    const parsed = parseJson(value);
    if ('fault' in parsed) return { verdict: 'unparseable', path: '$', detail: parsed.fault };
    const top = parsed.value;
    if (!isObject(top)) return { verdict: 'invalid', path: '$', detail: 'not an object' };
    const rejected = top[REJECTED];
    if (rejected !== undefined && isRejection(rejected))
      return { verdict: 'invalid', path: rejected.path, detail: rejected.detail };
    const values = new Array<unknown>(count);
    for (let index = 0; index < count; index += 1) {
      const found = readers[index]?.(top);
      if (found instanceof Breach)
        return { verdict: 'invalid', path: paths[index] ?? '$', detail: found.detail };
      values[index] = found;
    }
    const observedMs = values[observed] as number;
    if (observedMs > kafkaTimestampMs + futureMs) {
      return {
        verdict: 'future',
        path: observedPath,
        detail: 'observed after its Kafka timestamp',
      };
    }
    if (observedMs < kafkaTimestampMs - tooOldMs) {
      return {
        verdict: 'too-old',
        path: observedPath,
        detail: 'observed before the retention began',
      };
    }
    return { verdict: 'valid', values };
  };
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed();

const isRejection = (value: unknown): value is { readonly path: string; readonly detail: string } =>
  isObject(value) && isText(value.path) && isText(value.detail);

/** Reads one field from the event: fetches along the path, then checks. */
function reader(field: Field): (top: JsonObject) => unknown {
  const steps = field.path.map(getter);
  const last = steps.at(-1) ?? (() => undefined);
  const check = compileField(field);
  const absent = field.required ? MISSING : null;
  const judge: Check = (value) => (value === undefined || value === null ? absent : check(value));
  if (steps.length === 1) return (top) => judge(last(top));
  const between = steps.slice(0, -1);
  return (top) => {
    let object = top;
    for (const step of between) {
      const next = step(object);
      if (next === undefined || next === null) return absent;
      if (!isObject(next)) return ASTRAY;
      object = next;
    }
    return judge(last(object));
  };
}

/** Own properties only. The look-up of a key that every object inherits costs more, so only those pay for it. */
function getter(key: string): (object: JsonObject) => unknown {
  return key in Object.prototype
    ? (object) => (Object.hasOwn(object, key) ? object[key] : undefined)
    : (object) => object[key];
}

/** Compiles what is wrong with a value of the field that is not absent, in words; undefined: nothing is. */
export function compileFault(field: Field): (value: unknown) => string | undefined {
  const check = compileField(field);
  return (value) => {
    const found = check(value);
    return found instanceof Breach ? found.detail : undefined;
  };
}

function compileField(field: Field): Check {
  const rules = field.rules.map(compileRule);
  const type = TYPES[field.type];
  if (rules.length === 0) return type;
  const [only] = rules;
  if (rules.length === 1 && only !== undefined) {
    return (value) => {
      const typed = type(value);
      return typed instanceof Breach ? typed : (only(typed) ?? typed);
    };
  }
  return (value) => {
    const typed = type(value);
    if (typed instanceof Breach) return typed;
    for (const rule of rules) {
      const breach = rule(typed);
      if (breach !== undefined) return breach;
    }
    return typed;
  };
}

const TYPES: Readonly<Record<Field['type'], Check>> = {
  string: (value) => (isText(value) ? value : NOT_A_STRING),
  double: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : NOT_A_DOUBLE),
  // An integer has no negative zero; adding 0 makes it the plain one.
  long: (value) => (Number.isSafeInteger(value) ? (value as number) + 0 : NOT_A_LONG),
  boolean: (value) => (typeof value === 'boolean' ? value : NOT_A_BOOLEAN),
  timestamp: (value) => {
    if (typeof value !== 'string') return NOT_A_TIMESTAMP;
    const ms = timestampMs(value);
    return Number.isNaN(ms) ? NOT_A_TIMESTAMP : ms;
  },
  date: (value) => {
    if (typeof value !== 'string') return NOT_A_DATE;
    const days = dateDays(value);
    return Number.isNaN(days) ? NOT_A_DATE : days;
  },
};

/** One rule over the typed value; undefined where it holds. */
function compileRule(rule: Rule): (value: unknown) => Breach | undefined {
  switch (rule.rule) {
    case 'enum': {
      const allowed = new Set<unknown>(rule.values);
      return (value) => (allowed.has(value) ? undefined : NOT_ALLOWED);
    }
    case 'pattern': {
      // `u`: classes count code points, as Python does.
      const pattern = new RegExp(rule.pattern, 'u');
      return (value) => (pattern.test(value as string) ? undefined : NOT_THE_PATTERN);
    }
    case 'range': {
      const { min = -Infinity, max = Infinity } = rule;
      const below = new Breach(`below ${min}`);
      const above = new Breach(`above ${max}`);
      return (value) => ((value as number) < min ? below : (value as number) > max ? above : undefined);
    }
    case 'length': {
      const { min = 0, max = Infinity } = rule;
      const shorter = new Breach(`shorter than ${min}`);
      const longer = new Breach(`longer than ${max}`);
      return (value) => {
        const length = codePoints(value as string);
        return length < min ? shorter : length > max ? longer : undefined;
      };
    }
  }
}

function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at += 1) {
    // The text is well-formed: each high surrogate has its low one.
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count -= 1;
  }
  return count;
}
