import type { Field, Manifest, Rule } from './manifest.ts';

/** A JSON Schema, draft-07, of the keywords this project writes. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const LEAP_DAY = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29';
const OTHER_DAY =
  '[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))';

const DAY = `(?!0000)(?:${LEAP_DAY}|${OTHER_DAY})`;

/** Exactly what the judge takes for a date: a real one of the years 0001 to 9999. */
export const DATE_PATTERN = `^${DAY}$`;
/** Exactly what the judge takes for a timestamp, on such a date. */
export const TIMESTAMP_PATTERN = `^${DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z$`;

/**
 * The event of a dataset as a JSON Schema (draft-07), for the schema registry, producers and docs. It accepts what
 * the judge does not call `invalid`, save one thing that schemas cannot say: a string with a lone surrogate. A source's
 * rejection (`REJECTED` of the judge) is no event, and not looked for.
 * Descriptions stay; units and personal marks stand in the annotations `unit` and `personal`.
 */
export function jsonSchemaOf(manifest: Manifest): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: manifest.dataset,
    description: manifest.description,
    ...objectSchema(manifest.fields, 0),
  };
}

/** The object at `depth` of the fields' common path; it may be absent if each of its fields may. */
function objectSchema(fields: readonly Field[], depth: number): JsonSchema {
  const groups = new Map<string, Field[]>();
  for (const field of fields) {
    const key = field.path[depth] ?? '';
    groups.set(key, [...(groups.get(key) ?? []), field]);
  }
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [key, group] of groups) {
    const [first] = group;
    if (first === undefined) continue;
    properties[key] = first.path.length === depth + 1 ? fieldSchema(first) : objectSchema(group, depth + 1);
    if (group.some((field) => field.required)) required.push(key);
  }
  const present = required.length > 0 || depth === 0;
  return {
    type: present ? 'object' : ['object', 'null'],
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: true,
  };
}

const TYPES: Readonly<Record<Field['type'], { readonly type: string; readonly more: JsonSchema }>> = {
  string: { type: 'string', more: {} },
  double: { type: 'number', more: {} },
  // Beyond 2^53 - 1 neighbouring integers are one JSON number.
  long: { type: 'integer', more: { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } },
  boolean: { type: 'boolean', more: {} },
  timestamp: { type: 'string', more: { pattern: TIMESTAMP_PATTERN } },
  date: { type: 'string', more: { pattern: DATE_PATTERN } },
};

function fieldSchema(field: Field): JsonSchema {
  const { type, more } = TYPES[field.type];
  const patterns = field.rules.filter((rule) => rule.rule === 'pattern');
  const others = field.rules
    .filter((rule) => rule.rule !== 'pattern')
    .map((rule) => keywords(rule, field.required));
  return {
    description: field.description,
    type: field.required ? type : [type, 'null'],
    ...more,
    ...Object.assign({}, ...others),
    ...(patterns.length === 1 ? { pattern: patterns[0]?.pattern } : {}),
    ...(patterns.length > 1 ? { allOf: patterns.map(({ pattern }) => ({ pattern })) } : {}),
    ...(field.unit === undefined ? {} : { unit: field.unit }),
    ...(field.personal === undefined ? {} : { personal: field.personal }),
  };
}

function keywords(rule: Exclude<Rule, { rule: 'pattern' }>, required: boolean): JsonSchema {
  switch (rule.rule) {
    case 'enum':
      return { enum: required ? rule.values : [...rule.values, null] };
    case 'range':
      return {
        ...(rule.min === undefined ? {} : { minimum: rule.min }),
        ...(rule.max === undefined ? {} : { maximum: rule.max }),
      };
    case 'length':
      return {
        ...(rule.min === undefined ? {} : { minLength: rule.min }),
        ...(rule.max === undefined ? {} : { maxLength: rule.max }),
      };
  }
}
