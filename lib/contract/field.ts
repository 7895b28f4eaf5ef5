import * as z from 'zod';
import type { Field, FieldType, Rule } from './manifest.ts';
import { whyNotPortable } from './pattern.ts';
import { refusal } from './refusal.ts';

declare module 'zod' {
  /** What `.meta({ … })` may say of a field. */
  interface GlobalMeta {
    /** Unit of the number, as it is printed: `ms`, `°C`. */
    unit?: string | undefined;
    /** True: personal data. */
    personal?: boolean | undefined;
    /** The column's name, where the path joined by `_` is not wanted. */
    column?: string | undefined;
  }
}

type Def = z.core.$ZodTypes['_zod']['def'];
type CheckDef = z.core.$ZodChecks['_zod']['def'];

interface Judged {
  readonly type: FieldType;
  readonly rules: readonly Rule[];
}

/** String formats that are nothing but a pattern; the pattern itself is still held to the portable subset. */
const PATTERN_FORMATS = new Set(['regex', 'uuid', 'guid', 'ipv4', 'cuid2', 'ulid', 'nanoid', 'xid', 'ksuid']);
/** Zod types that run a function of the author's. */
const CLOSURE_TYPES = new Set([
  'pipe',
  'transform',
  'default',
  'prefault',
  'catch',
  'custom',
  'function',
  'lazy',
]);
const INT32 = 2 ** 31;

const defOf = (schema: z.core.$ZodType): Def => (schema as z.core.$ZodTypes)._zod.def;
const checksOf = (def: Def): CheckDef[] =>
  (def.checks ?? []).map((check) => (check as z.core.$ZodChecks)._zod.def);

/**
 * The fields of an event, depth first in the order they are written.
 * @throws MillraceError MR106-MR109, MR112, MR122-MR126 at `dataset.event.PATH`
 */
export function fieldsOf(event: z.core.$ZodType, dataset: string): Field[] {
  const fields: Field[] = [];
  const root = unwrap(event, `${dataset}.event`);
  if (root.def.type !== 'object' || root.absent) {
    throw refusal('typeUnsupported', `${dataset}.event`, 'An event is a z.object.');
  }
  readObject(root.def, [], `${dataset}.event`, fields);
  if (fields.length === 0) throw refusal('typeUnsupported', `${dataset}.event`, 'The event has no field.');
  return fields;
}

/** @returns whether every field of the object may be absent */
function readObject(
  def: z.core.$ZodObjectDef,
  path: readonly string[],
  place: string,
  into: Field[],
): boolean {
  if (def.catchall !== undefined && !['unknown', 'any'].includes(def.catchall._zod.def.type)) {
    throw refusal('objectClosed', place, 'The object refuses or restricts fields it does not know.');
  }
  refuseChecks(def, place);
  let allAbsent = true;
  for (const [key, schema] of Object.entries(def.shape)) {
    const fieldPath = [...path, key];
    const fieldPlace = `${place}.${key}`;
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) || key === '__proto__') {
      throw refusal('pathUnfit', fieldPlace, `The key \`${key}\` cannot be told apart in a path.`);
    }
    const { def: inner, absent, meta } = unwrap(schema, fieldPlace);
    allAbsent &&= absent;
    if (inner.type === 'object') {
      if (readObject(inner, fieldPath, fieldPlace, into) !== absent) {
        throw refusal(
          'absenceUnclear',
          fieldPlace,
          'The object and its fields differ on whether they may be absent.',
        );
      }
      continue;
    }
    const { type, rules } = judged(inner, fieldPlace);
    const description = meta.description?.trim();
    if (!description) throw refusal('descriptionMissing', fieldPlace, 'The field has no description.');
    into.push({
      path: fieldPath,
      column: meta.column ?? fieldPath.join('_'),
      type,
      required: !absent,
      rules,
      description,
      ...(meta.unit === undefined ? {} : { unit: meta.unit }),
      ...(meta.personal === undefined ? {} : { personal: meta.personal }),
    });
  }
  return allAbsent;
}

/** The schema inside `.optional()`, `.nullable()`, `.nullish()` and `.readonly()`; the outer meta wins. */
function unwrap(schema: z.core.$ZodType, place: string): { def: Def; absent: boolean; meta: z.GlobalMeta } {
  let current = schema;
  let absent = false;
  let meta: z.GlobalMeta = {};
  for (;;) {
    meta = { ...z.globalRegistry.get(current), ...meta };
    const def = defOf(current);
    if (def.type !== 'optional' && def.type !== 'nullable' && def.type !== 'readonly')
      return { def, absent, meta };
    refuseChecks(def, place);
    absent ||= def.type !== 'readonly';
    current = def.innerType;
  }
}

function judged(def: Def, place: string): Judged {
  if (CLOSURE_TYPES.has(def.type)) throw refusal('closure', place, `A zod \`${def.type}\` runs a function.`);
  if ('coerce' in def && def.coerce === true) throw refusal('closure', place, 'Coercion changes the value.');
  switch (def.type) {
    case 'string':
      return judgedString(def, place);
    case 'number':
      return judgedNumber(def, place);
    case 'boolean':
      refuseChecks(def, place);
      return { type: 'boolean', rules: [] };
    case 'enum':
      refuseChecks(def, place);
      return { type: 'string', rules: [enumRule(Object.values(def.entries), place)] };
    case 'literal':
      refuseChecks(def, place);
      return { type: 'string', rules: [enumRule(def.values, place)] };
    default:
      throw refusal('typeUnsupported', place, `A zod \`${def.type}\` has no column type.`);
  }
}

function judgedString(def: z.core.$ZodStringDef, place: string): Judged {
  const own = 'check' in def ? [def as unknown as CheckDef] : [];
  const patterns: Rule[] = [];
  const length = { min: 0, max: Infinity };
  let time: 'timestamp' | 'date' | undefined;
  for (const check of [...own, ...checksOf(def as Def)]) {
    switch (check.check) {
      case 'min_length':
        length.min = Math.max(length.min, check.minimum);
        break;
      case 'max_length':
        length.max = Math.min(length.max, check.maximum);
        break;
      case 'length_equals':
        length.min = Math.max(length.min, check.length);
        length.max = Math.min(length.max, check.length);
        break;
      case 'string_format':
        if (check.format === 'datetime') {
          const form = check as unknown as z.core.$ZodISODateTimeDef;
          if (form.precision !== 3 || form.offset || form.local) {
            throw refusal(
              'checkUnsupported',
              place,
              'A timestamp is UTC with milliseconds: z.iso.datetime({ precision: 3 }).',
            );
          }
          time = 'timestamp';
        } else if (check.format === 'date') {
          time = 'date';
        } else {
          patterns.push(patternRule(check, place));
        }
        break;
      default:
        throw unfitCheck(check, place);
    }
  }
  const bounded = length.min > 0 || length.max < Infinity;
  if (time !== undefined && (bounded || patterns.length > 0)) {
    throw refusal('checkUnsupported', place, `A ${time} has one form; it takes no further rules.`);
  }
  if (length.min > length.max) {
    throw refusal('boundsUnsound', place, `No length is at least ${length.min} and at most ${length.max}.`);
  }
  return {
    type: time ?? 'string',
    rules: bounded
      ? [{ rule: 'length', ...finite(length.min > 0 ? length.min : -Infinity, length.max) }, ...patterns]
      : patterns,
  };
}

function patternRule(check: z.core.$ZodCheckStringFormatDef, place: string): Rule {
  const { format, pattern } = check;
  if (!PATTERN_FORMATS.has(format) || pattern === undefined || 'fn' in check) {
    throw refusal('checkUnsupported', place, `The format \`${format}\` is more than a pattern.`);
  }
  const flags = pattern.flags.replace('u', '');
  const why = flags === '' ? whyNotPortable(pattern.source) : `the flags \`${flags}\``;
  if (why !== undefined)
    throw refusal('patternNotPortable', place, `${String(pattern)} is not portable: ${why}.`);
  return { rule: 'pattern', pattern: pattern.source };
}

function judgedNumber(def: z.core.$ZodNumberDef, place: string): Judged {
  const own = 'check' in def ? [def as unknown as CheckDef] : [];
  const checks = [...own, ...checksOf(def as Def)];
  const whole = checks.some((check) => check.check === 'number_format' && check.format !== 'float64');
  let min = -Infinity;
  let max = Infinity;
  for (const check of checks) {
    if (check.check === 'number_format') {
      if (check.format === 'float32') throw unfitCheck(check, place);
      if (check.format === 'int32') [min, max] = [Math.max(min, -INT32), Math.min(max, INT32 - 1)];
      if (check.format === 'uint32') [min, max] = [Math.max(min, 0), Math.min(max, 2 * INT32 - 1)];
    } else if (check.check === 'greater_than' || check.check === 'less_than') {
      const bound = check.value;
      if (typeof bound !== 'number' || !Number.isFinite(bound)) {
        throw refusal('boundsUnsound', place, `${String(bound)} is no finite bound.`);
      }
      if (!check.inclusive && !whole) {
        throw refusal(
          'checkUnsupported',
          place,
          `The bound ${bound} is exclusive; a double takes inclusive bounds.`,
        );
      }
      if (check.check === 'greater_than')
        min = Math.max(min, check.inclusive ? bound : Math.floor(bound) + 1);
      else max = Math.min(max, check.inclusive ? bound : Math.ceil(bound) - 1);
    } else {
      throw unfitCheck(check, place);
    }
  }
  if (min > max) throw refusal('boundsUnsound', place, `No number is at least ${min} and at most ${max}.`);
  const bounded = min > -Infinity || max < Infinity;
  return { type: whole ? 'long' : 'double', rules: bounded ? [{ rule: 'range', ...finite(min, max) }] : [] };
}

function enumRule(values: readonly unknown[], place: string): Rule {
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.length !== values.length || texts.length === 0 || new Set(texts).size !== texts.length) {
    throw refusal(
      'enumUnsound',
      place,
      `The values ${JSON.stringify(values.map(String))} make no enum of strings.`,
    );
  }
  return { rule: 'enum', values: texts };
}

const finite = (min: number, max: number): { min?: number; max?: number } => ({
  ...(min > -Infinity ? { min } : {}),
  ...(max < Infinity ? { max } : {}),
});

function refuseChecks(def: Def, place: string): void {
  const [check] = checksOf(def);
  if (check !== undefined) throw unfitCheck(check, place);
}

function unfitCheck(check: CheckDef, place: string): Error {
  const name: string = check.check;
  return name === 'custom' || name === 'overwrite'
    ? refusal(
        'closure',
        place,
        name === 'custom' ? 'A refinement is a function.' : 'Trimming and casing change the value.',
      )
    : refusal('checkUnsupported', place, `The check \`${name}\` is not among the rules of the manifest.`);
}
