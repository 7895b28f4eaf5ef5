import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fieldsOf } from '../../lib/contract/field.ts';
import type { Field } from '../../lib/contract/manifest.ts';

const fieldOf = (schema: z.core.$ZodType): Partial<Field> => {
  const [field] = fieldsOf(z.object({ one: schema }), 'test');
  const { path: _path, column: _column, description: _description, ...rest } = field ?? {};
  return rest as Partial<Field>;
};
const said = { description: 'One' };

describe('a zod type becomes a field', () => {
  it.each<[string, z.core.$ZodType, Partial<Field>]>([
    ['optional', z.boolean().optional().meta(said), { type: 'boolean', required: false, rules: [] }],
    ['nullable', z.boolean().nullable().meta(said), { type: 'boolean', required: false, rules: [] }],
    [
      'nullish, described inside',
      z.boolean().meta(said).nullish(),
      { type: 'boolean', required: false, rules: [] },
    ],
    ['a date', z.iso.date().meta(said), { type: 'date', required: true, rules: [] }],
    ['readonly', z.boolean().readonly().meta(said), { type: 'boolean', required: true, rules: [] }],
    [
      'literal',
      z.literal('a').meta(said),
      { type: 'string', required: true, rules: [{ rule: 'enum', values: ['a'] }] },
    ],
    ['z.number().int()', z.number().int().meta(said), { type: 'long', required: true, rules: [] }],
    [
      'positive integer',
      z.int().positive().meta(said),
      { type: 'long', required: true, rules: [{ rule: 'range', min: 1 }] },
    ],
    [
      'integer below 2.5',
      z.int().lt(2.5).meta(said),
      { type: 'long', required: true, rules: [{ rule: 'range', max: 2 }] },
    ],
    [
      'int32',
      z.int32().meta(said),
      { type: 'long', required: true, rules: [{ rule: 'range', min: -2147483648, max: 2147483647 }] },
    ],
    [
      'the narrower bounds',
      z.number().min(0).min(2).max(9).max(7).meta(said),
      { type: 'double', required: true, rules: [{ rule: 'range', min: 2, max: 7 }] },
    ],
    [
      'length',
      z.string().length(3).meta(said),
      { type: 'string', required: true, rules: [{ rule: 'length', min: 3, max: 3 }] },
    ],
    [
      'nonempty',
      z.string().nonempty().meta(said),
      { type: 'string', required: true, rules: [{ rule: 'length', min: 1 }] },
    ],
    [
      'two patterns',
      z.string().regex(/^a\d$/).regex(/^\w2$/u).meta(said),
      {
        type: 'string',
        required: true,
        rules: [
          { rule: 'pattern', pattern: '^a\\d$' },
          { rule: 'pattern', pattern: '^\\w2$' },
        ],
      },
    ],
    [
      'unit and mark',
      z.number().meta({ ...said, unit: 'ms', personal: true }),
      { type: 'double', required: true, rules: [], unit: 'ms', personal: true },
    ],
  ])('%s', (_name, schema, expected) => {
    // Act
    const field = fieldOf(schema);

    // Assess
    expect(field).toEqual(expected);
  });

  it.each([z.uuid(), z.guid(), z.uuidv7(), z.ipv4()])('formats that are a portable pattern', (schema) => {
    // Act
    const field = fieldOf(schema.meta(said));

    // Assess
    expect(field.rules?.map(({ rule }) => rule)).toEqual(['pattern']);
  });
});
