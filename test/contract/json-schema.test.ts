import { describe, expect, it } from 'vitest';
import { dataset, manifestOf } from '../../lib/contract/dataset.ts';
import { jsonSchemaOf, TIMESTAMP_PATTERN } from '../../lib/contract/json-schema.ts';
import { parcels, parcelsSql } from './parcels.ts';

describe('the JSON Schema of a dataset', () => {
  it('is draft-07, keeps descriptions, units and marks, and lets producers add fields', () => {
    // Act
    const schema = jsonSchemaOf(manifestOf(dataset(parcels, parcelsSql)));

    // Assess
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'parcels',
      type: 'object',
      additionalProperties: true,
      required: ['scan_id', 'depot', 'scanned_at', 'updated_at', 'route', 'fragile', 'sender'],
      properties: {
        scan_id: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        depot: { type: 'string', enum: ['north', 'south', 'größer'] },
        scanned_at: { type: 'string', pattern: TIMESTAMP_PATTERN },
        route: { type: 'string', maxLength: 12, pattern: '^(?:[A-Z]{2}-)?\\d{2,4}(?:\\/\\w+)?$' },
        weight: {
          type: ['number', 'null'],
          minimum: -273.15,
          maximum: 1e9,
          unit: 'kg',
          description: 'Weight',
        },
        receiver: {
          type: ['object', 'null'],
          properties: {
            name: { type: ['string', 'null'], personal: true },
            place: { type: ['object', 'null'], properties: { code: { minLength: 5, maxLength: 5 } } },
          },
        },
        sender: { type: 'object', required: ['account'] },
      },
    });
  });
});
