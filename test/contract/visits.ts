/** A toy contract with personal columns: visits to a hospital, known by their number. */
import * as z from 'zod';
import type { DatasetForm } from '../../lib/contract/dataset.ts';

export const visitsSql = new URL('./fixtures/sql/', import.meta.url);

export const visitShape = {
  visit_id: z.string().min(1).max(20).meta({ description: 'Number of the visit' }),
  ward: z.enum(['north', 'south']).meta({ description: 'Ward' }),
  arrived_at: z.iso.datetime({ precision: 3 }).meta({ description: 'When it began' }),
  name: z.string().nullish().meta({ description: 'Name', personal: true }),
  age: z.int().min(0).max(150).meta({ description: 'Age', unit: 'years', personal: true }),
};

const counted = [{ kind: 'count', column: 'visits', description: 'Visits' }] as const;
const columns = [
  { name: 'day', type: 'date', comment: 'UTC day' },
  { name: 'visits', type: 'long', comment: 'Visits' },
] as const;

export const patients: DatasetForm = {
  name: 'patients',
  description: 'Visits of patients',
  event: z.object(visitShape),
  silver: 'visits',
  topic: { name: 'visits', key: 'visit_id', partitions: 1, retentionHours: 24 },
  identity: ['visit_id'],
  partitionTime: 'arrived_at',
  partitionFollowsIdentity: true,
  observedTime: 'arrived_at',
  onConflict: 'first',
  latenessMinutes: 5,
  retentionDays: 30,
  declaredEventsPerSecond: 1,
  quality: [{ name: 'age_by_ward', column: 'age', by: 'ward', ranges: { north: [0, 18], south: [18, 150] } }],
  derived: [
    {
      column: 'age_band',
      description: 'Age, roughly',
      derivation: {
        kind: 'bands',
        column: 'age',
        bands: [{ below: 18, label: 'child' }],
        otherwise: 'adult',
      },
    },
    {
      column: 'minor',
      description: 'Whether under age',
      derivation: { kind: 'equals', column: 'age_band', value: 'child' },
    },
  ],
  windows: [
    {
      name: 'visits_by_ward',
      description: 'Visits of an hour by ward',
      sizeSeconds: 3600,
      key: ['ward'],
      aggregates: counted,
    },
    {
      name: 'visits_by_age',
      description: 'Visits of an hour by age',
      sizeSeconds: 3600,
      key: ['age_band'],
      aggregates: counted,
    },
  ],
  gold: [
    {
      name: 'visits_daily',
      description: 'Visits by day',
      grain: ['day'],
      partitionColumn: 'day',
      columns,
    },
    {
      name: 'visits_by_name',
      description: 'Different names by day',
      grain: ['day'],
      partitionColumn: 'day',
      columns,
    },
  ],
};
