import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataset, manifestOf } from '../../lib/contract/dataset.ts';
import { jsonSchemaOf } from '../../lib/contract/json-schema.ts';
import { compileJudge, REJECTED } from '../../lib/contract/judge.ts';
import type { Field } from '../../lib/contract/manifest.ts';
import { dataset as iot } from '../../lib/datasets/iot.ts';
import { brokenEvent, validEvent } from './events.ts';
import { parcels, parcelsSql } from './parcels.ts';
import { rawValue } from './raw-values.ts';
import { stays } from './stays.ts';

/** The value at a field's path, null where there is none. */
function valueAt(event: unknown, { path, type }: Field): unknown {
  let value = event;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  if (typeof value !== 'string') return value;
  if (type === 'date') return Date.parse(value) / 86_400_000;
  return type === 'timestamp' ? Date.parse(value) : value;
}

describe.each([iot, dataset(parcels, parcelsSql), dataset(stays, parcelsSql)])(
  'the judges of $name agree',
  (subject) => {
    const manifest = manifestOf(subject);
    const judge = compileJudge(manifest);
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, ownProperties: true });
    ajv.addVocabulary(['unit', 'personal']);
    const conforms = ajv.compile(jsonSchemaOf(manifest));
    // Zod also finds what an object inherits (`constructor`), so it is given one that inherits nothing.
    const zodTakes = (event: object): boolean =>
      subject.event.safeParse({ __proto__: null, ...event }).success;
    const bytes = (event: unknown): Uint8Array => Buffer.from(JSON.stringify(event));

    it('on valid events, of which every value is kept', () => {
      fc.assert(
        fc.property(validEvent(manifest), ({ event, kafkaTimestampMs }) => {
          // Act
          const judgement = judge(bytes(event), kafkaTimestampMs);

          // Assess
          const values = manifest.fields.map((field) => valueAt(event, field));
          expect(judgement).toEqual({ verdict: 'valid', values });
          expect(zodTakes(event)).toBe(true);
          expect(conforms(event), ajv.errorsText(conforms.errors)).toBe(true);
        }),
        { numRuns: 300 },
      );
    });

    it('on broken events, and the judge names the place', () => {
      fc.assert(
        fc.property(brokenEvent(manifest), ({ event, kafkaTimestampMs, path }) => {
          // Act
          const judgement = judge(bytes(event), kafkaTimestampMs);

          // Assess
          expect(judgement).toMatchObject({ verdict: 'invalid', path });
          expect(zodTakes(event)).toBe(false);
          expect(conforms(event)).toBe(false);
        }),
        { numRuns: 500 },
      );
    });

    it('on raw values: the judge never throws, and the JSON Schema takes what it does not call invalid', () => {
      fc.assert(
        fc.property(rawValue(manifest), ({ value, kafkaTimestampMs }) => {
          // Act
          const judgement = judge(value, kafkaTimestampMs);

          // Assess
          if (judgement.verdict === 'unparseable') {
            expect(judgement.path).toBe('$');
            return;
          }
          const event: unknown = JSON.parse(Buffer.from(value ?? []).toString());
          if (typeof event === 'object' && event !== null && Object.hasOwn(event, REJECTED)) return;
          const wellFormed = manifest.fields.every((field) => {
            const found = valueAt(event, field);
            return typeof found !== 'string' || found.isWellFormed();
          });
          if (wellFormed) expect(conforms(event)).toBe(judgement.verdict !== 'invalid');
        }),
        { numRuns: 1000 },
      );
    });
  },
);
