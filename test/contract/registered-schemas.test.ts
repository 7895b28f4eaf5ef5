import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { dataset, manifestOf } from '../../lib/contract/dataset.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { definitionsOf, nextHistory, type SchemaHistory } from '../../lib/contract/registered-schemas.ts';
import { nextRelease, type Release } from '../../lib/contract/release.ts';
import { publishing } from '../datasets/publishing.ts';
import { parcelShape, parcels, parcelsSql } from './parcels.ts';

/** As it is read from the file. */
const read = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

interface Change {
  readonly field: 'new' | 'gone' | 'loose' | 'as-it-was';
  readonly words: string;
  readonly topic: string;
}

/** A contract as it may be after any change, also one that only force releases. */
function changed({ field, words, topic }: Change): Manifest {
  const described = { description: words };
  const shapes: Readonly<Record<Change['field'], Record<string, z.ZodType | undefined>>> = {
    new: { added: z.int().nullish().meta(described) },
    gone: { fragile: undefined },
    loose: { fragile: z.boolean().nullish().meta(described) },
    'as-it-was': {},
  };
  const shape = Object.entries({ ...parcelShape, ...shapes[field] }).filter(([, one]) => one !== undefined);
  const event = z.object(Object.fromEntries(shape) as z.ZodRawShape);
  return manifestOf(
    dataset(
      { ...parcels, quality: [], event, description: words, topic: { ...parcels.topic, name: topic } },
      parcelsSql,
    ),
  );
}

const changes = fc.array(
  fc.record({
    field: fc.constantFrom<Change['field'][]>('new', 'gone', 'loose', 'as-it-was'),
    words: fc.constantFrom('A field', 'The same field, said otherwise'),
    topic: fc.constantFrom('parcel-scans', 'parcel-scans-2'),
  }),
  { maxLength: 8 },
);

const beginsWith = (later: SchemaHistory, earlier: SchemaHistory): void => {
  for (const [topic, versions] of Object.entries(earlier))
    expect(later[topic]?.slice(0, versions.length)).toEqual(versions);
};

describe('a history of schemas', () => {
  test('only grows, and by one version a release', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        // Prepare
        let release: Release | undefined;

        for (const step of steps) {
          // Act
          const manifest = changed(step);
          const next = read(nextRelease(manifest, release));

          // Assess
          const before = release?.schemas ?? {};
          beginsWith(next.schemas, before);
          const versions = next.schemas[step.topic]?.length ?? 0;
          expect(versions - (before[step.topic]?.length ?? 0)).toBeOneOf([0, 1]);
          expect(read(nextRelease(manifest, next))).toEqual(next);
          release = next;
        }
      }),
      { numRuns: 40 },
    );
  });

  test('has no definition twice, also of a schema that comes back', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        // Act
        const history = steps.reduce<SchemaHistory>((known, step) => nextHistory(changed(step), known), {});

        // Assess
        for (const versions of Object.values(history)) {
          const definitions = definitionsOf(versions);
          expect(new Set(definitions).size).toBe(definitions.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('says the same of a version whatever follows', () => {
    // Prepare
    const first = nextHistory(changed({ field: 'as-it-was', words: 'A field', topic: 'parcel-scans' }));

    // Act
    const grown = nextHistory(
      changed({ field: 'new', words: 'A field', topic: 'parcel-scans' }),
      read(first),
    );

    // Assess
    const [before = [], after = []] = [first, grown].map((history) => history['parcel-scans']);
    expect(after).toHaveLength(2);
    expect(definitionsOf(after)[0]).toBe(definitionsOf(before)[0]);
  });

  test('gets no version by other words alone, and has them with the next', () => {
    // Prepare
    const [old, other] = ['A field', 'Other words'];
    const first = nextHistory(changed({ field: 'as-it-was', words: old, topic: 'parcel-scans' }));

    // Act
    const reworded = nextHistory(
      changed({ field: 'as-it-was', words: other, topic: 'parcel-scans' }),
      read(first),
    );
    const grown = nextHistory(changed({ field: 'new', words: other, topic: 'parcel-scans' }), read(first));

    // Assess
    expect(reworded).toEqual(read(first));
    expect(grown['parcel-scans']?.at(-1)).toMatchObject({ description: other });
  });

  test('keeps a field apart that is called as a word of schemas is', () => {
    // Prepare
    const field = (type: 'string' | 'double') =>
      ({
        ...publishing,
        fields: [
          ...publishing.fields,
          {
            path: ['description'],
            column: 'words',
            type,
            required: false,
            rules: [],
            description: 'Words',
          },
        ],
      }) as unknown as Manifest;

    // Act
    const history = nextHistory(field('double'), nextHistory(field('string')));

    // Assess
    expect(history['ware-events']).toHaveLength(2);
  });

  test('is of every topic of a dataset, those it publishes to among them', () => {
    // Act
    const history = nextHistory(publishing);

    // Assess
    expect(Object.keys(history).sort()).toEqual(['ware-events', 'ware-minutes', 'ware-rows']);
  });
});
