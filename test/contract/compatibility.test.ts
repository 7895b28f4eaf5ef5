import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkCompatible, differences } from '../../lib/contract/compatibility.ts';
import { type DatasetForm, dataset, manifestOf } from '../../lib/contract/dataset.ts';
import { compileJudge } from '../../lib/contract/judge.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { nextRelease, type Release, unreleasedParts } from '../../lib/contract/release.ts';
import { validEvent } from './events.ts';
import { parcelShape, parcels, parcelsSql } from './parcels.ts';

const manifestWith = (changes: Partial<DatasetForm>): Manifest =>
  manifestOf(dataset({ ...parcels, quality: [], ...changes }, parcelsSql));
const shaped = (changes: Readonly<Record<string, z.ZodType | undefined>>): Manifest => {
  const shape = Object.entries({ ...parcelShape, ...changes }).filter(([, schema]) => schema !== undefined);
  return manifestWith({ event: z.object(Object.fromEntries(shape) as z.ZodRawShape) });
};
const released = nextRelease(manifestWith({}), undefined);
/** As it is read from the file. */
const read = (release: Release): Release => JSON.parse(JSON.stringify(release)) as Release;
const described = { description: 'A field' };

describe('a contract that takes something back is refused', () => {
  const text = z.string().min(1).max(5).meta({ description: 'Who packed it', column: 'packer' });
  test.each([
    ['a field that is gone', 'MR320', shaped({ fragile: undefined })],
    ['a field that is renamed', 'MR320', shaped({ constructor: text.nullish() })],
    ['another type', 'MR321', shaped({ fragile: z.string().meta(described) })],
    [
      'a field that becomes required',
      'MR322',
      shaped({ weight: z.number().min(-273.15).max(1e9).meta(described) }),
    ],
    ['a new required field', 'MR322', shaped({ colour: z.string().meta(described) })],
    ['another identity', 'MR323', manifestWith({ identity: ['scan_id', 'scanned_at', 'depot'] })],
    [
      'another partition time',
      'MR324',
      manifestWith({
        identity: ['scan_id', 'scanned_at'],
        partitionTime: 'updated_at',
        partitionFollowsIdentity: true,
      }),
    ],
    ['other partitions', 'MR324', manifestWith({ declaredEventsPerSecond: 1 })],
    ['another winner of conflicts', 'MR324', manifestWith({ onConflict: 'first' })],
    ['another topic', 'MR325', manifestWith({ topic: { ...parcels.topic, name: 'parcel-scans-2' } })],
    ['another key', 'MR325', manifestWith({ topic: { ...parcels.topic, key: 'depot' } })],
    ['a derived column that is gone', 'MR320', manifestWith({ derived: [], sortBy: [] })],
  ])('%s', (_what, code, manifest) => {
    // Act
    const act = () => checkCompatible(read(released), manifest);

    // Assess
    expect(act).toThrow(expect.objectContaining({ code, where: expect.stringContaining('parcels.') }));
  });

  test('with all of its differences, what was and what is', () => {
    // Prepare
    const manifest = shaped({ fragile: z.string().meta(described), colour: z.string().meta(described) });

    // Act
    const act = () => checkCompatible(read(released), manifest);

    // Assess
    expect(act).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /released as boolean and is string[\s\S]*new field `colour` is required/,
        ),
        where: 'parcels.fragile, parcels.colour',
      }),
    );
  });
});

describe('a contract that only adds is taken', () => {
  test.each([
    ['the same', manifestWith({})],
    ['a new optional field', shaped({ colour: z.string().nullish().meta(described) })],
    ['a required field that becomes optional', shaped({ fragile: z.boolean().nullish().meta(described) })],
    ['more values', shaped({ depot: z.enum(['east', 'größer', 'north', 'south']).meta(described) })],
    ['wider bounds', shaped({ weight: z.number().min(-300).nullish().meta(described) })],
    ['other words', manifestWith({ description: 'Other words' })],
    [
      'columns in another order',
      manifestWith({ event: z.object(Object.fromEntries(Object.entries(parcelShape).reverse())) }),
    ],
  ])('%s', (_what, manifest) => {
    // Act
    const warnings = checkCompatible(read(released), manifest);

    // Assess
    expect(warnings).toEqual([]);
  });

  test.each([
    ['fewer values', shaped({ depot: z.enum(['north', 'south', 'west']).meta(described) }), 'enum'],
    ['narrower bounds', shaped({ weight: z.number().min(0).max(1e9).nullish().meta(described) }), 'range'],
    [
      'another pattern',
      shaped({
        route: z
          .string()
          .regex(/^[A-Z]+$/)
          .max(12)
          .meta(described),
      }),
      'pattern',
    ],
  ])('with a warning of %s', (_what, manifest, rule) => {
    // Act
    const warnings = checkCompatible(read(released), manifest);

    // Assess
    expect(warnings).toEqual([expect.stringContaining(`The rule \`${rule}\` is tighter`)]);
  });
});

const derivedBy = (below: number): Partial<DatasetForm> => ({
  derived: (parcels.derived ?? []).map((one) => ({
    ...one,
    derivation: {
      kind: 'bands',
      column: 'weight',
      bands: [{ below, label: 'light' }],
      otherwise: 'heavy',
    },
  })),
});

describe('a change that a rebuild makes felt is warned of', () => {
  test.each([
    [
      'a shorter retention',
      { retentionDays: 29, archiveDays: 30 },
      'parcels.retentionDays',
      'were released as 30',
    ],
    ['a shorter archive', { archiveDays: 29 }, 'parcels.archiveDays', 'bronze deletes what is older'],
    ['a nearer future', { futureMinutes: 4 }, 'parcels.futureMinutes', 'are 4 and were released as 5'],
    ['another derivation', derivedBy(3), 'parcels.heavy', 'rows of silver keep their values'],
    [
      'other quality rules',
      { quality: parcels.quality ?? [] },
      'parcels.quality',
      'silver keep their findings',
    ],
    [
      'a gold table that is gone',
      { gold: [] },
      'parcels.parcels_daily',
      '`parcels_daily` is released, and gone',
    ],
  ] as const)('%s', (_what, changes, place, what) => {
    // Act
    const warnings = checkCompatible(read(released), manifestWith(changes));

    // Assess
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(new RegExp(`^${place}: `));
    expect(warnings[0]).toContain(what);
  });

  test.each([
    ['a longer retention', { retentionDays: 31 }],
    ['a longer archive', { archiveDays: 31 }],
    ['a further future', { futureMinutes: 6 }],
    ['the same derivation', derivedBy(2)],
  ] as const)('but not %s', (_what, changes) => {
    // Act
    const warnings = checkCompatible(read(released), manifestWith(changes));

    // Assess
    expect(warnings).toEqual([]);
  });
});

test('a gold table that is gone is told of once, and gets its ids back when it returns', () => {
  // Act
  const dropped = read(nextRelease(manifestWith({ gold: [] }), released));
  const again = read(nextRelease(manifestWith({}), dropped));

  // Assess
  expect(unreleasedParts(manifestWith({ gold: [] }), released)).toEqual(['tables']);
  expect(checkCompatible(dropped, manifestWith({ gold: [] }))).toEqual([]);
  expect(unreleasedParts(manifestWith({ gold: [] }), dropped)).toEqual([]);
  expect(again).toEqual(read(released));
});

describe('a contract is ahead of its release', () => {
  const colour = { colour: z.string().nullish().meta(described) };
  test.each([
    [
      'by a new field',
      shaped(colour),
      ['parcel_scans.colour', 'parcel_scans_shared.colour', 'fields', 'tables', 'schemas'],
    ],
    [
      'by a field that may be missing',
      shaped({ fragile: z.boolean().nullish().meta(described) }),
      ['fields', 'schemas'],
    ],
    ['by a wider bound', manifestWith({ retentionDays: 31 }), ['retentionDays']],
    ['by an archive of its own', manifestWith({ archiveDays: 31 }), ['archiveDays']],
    ['not by other words', manifestWith({ description: 'Other words' }), []],
  ])('%s', (_what, manifest, parts) => {
    // Act
    const found = unreleasedParts(manifest, read(released));

    // Assess
    expect(found).toEqual(parts);
  });
});

/** Additions to a shape, by the number of the field they add or loosen. */
const additions = fc.array(fc.record({ at: fc.nat(9), kind: fc.constantFrom('new', 'loose', 'first') }), {
  maxLength: 8,
});

function grown(steps: readonly { readonly at: number; readonly kind: string }[]): Manifest {
  let shape: Record<string, z.ZodType> = { ...parcelShape };
  for (const { at, kind } of steps) {
    const added = { [`added_${at}`]: z.int().nullish().meta(described) };
    if (kind === 'new') shape = { ...shape, ...added };
    if (kind === 'first') shape = { ...added, ...shape };
    if (kind === 'loose') shape.fragile = z.boolean().nullish().meta(described);
  }
  return manifestWith({ event: z.object(shape as z.ZodRawShape) });
}

describe('any sequence of additions', () => {
  test('keeps the ids of columns, and uses none twice', () => {
    fc.assert(
      fc.property(additions, (steps) => {
        // Prepare
        let release = released;
        const owners = new Map<string, string>();

        for (const count of steps.keys()) {
          // Act
          const manifest = grown(steps.slice(0, count + 1));
          const next = read(nextRelease(manifest, release));

          // Assess
          expect(differences(release, manifest)).toEqual([]);
          for (const [name, table] of Object.entries(next.tables)) {
            for (const [column, { id }] of Object.entries(table.columns)) {
              const owner = owners.get(`${name} ${id}`) ?? column;
              expect(column).toBe(owner);
              owners.set(`${name} ${id}`, owner);
            }
            const before = Object.keys(release.tables[name]?.columns ?? {});
            expect(Object.keys(table.columns).slice(0, before.length)).toEqual(before);
            expect(Math.max(...Object.values(table.columns).map(({ id }) => id))).toBe(table.lastId);
          }
          release = next;
        }
      }),
      { numRuns: 50 },
    );
  });

  test('never gives an id that a column had which is gone', () => {
    // Prepare
    const without = { ...manifestWith({}), columns: { ...manifestWith({}).columns } };
    const last = without.columns.silver.at(-1);
    without.columns = { ...without.columns, silver: without.columns.silver.slice(0, -1) };

    // Act
    const dropped = nextRelease(without, released);
    const again = nextRelease(manifestWith({}), dropped);

    // Assess
    const table = (release: Release) => release.tables.parcel_scans;
    expect(table(again)?.columns[last?.name ?? '']?.id).toBe((table(released)?.lastId ?? 0) + 1);
  });

  test('leaves old records valid', () => {
    fc.assert(
      fc.property(additions, validEvent(manifestWith({})), (steps, { event, kafkaTimestampMs }) => {
        // Act: a record does not have what is added later
        const known = Object.fromEntries(
          Object.entries(event).filter(([name]) => !name.startsWith('added_')),
        );
        const { verdict } = compileJudge(grown(steps))(Buffer.from(JSON.stringify(known)), kafkaTimestampMs);

        // Assess
        expect(verdict).toBe('valid');
      }),
      { numRuns: 50 },
    );
  });
});
