import * as z from 'zod';
import type { DatasetForm } from '../../lib/contract/dataset.ts';

/** A contract that uses everything a contract may use; the tests break it in one place each. */
export const parcelsSql = new URL('./fixtures/sql/', import.meta.url);

export const parcelShape = {
  scan_id: z.int().min(1).meta({ description: 'Number of the scan' }),
  depot: z.enum(['north', 'south', 'größer']).meta({ description: 'Where it was scanned' }),
  scanned_at: z.iso.datetime({ precision: 3 }).meta({ description: 'When it was scanned' }),
  updated_at: z.iso.datetime({ precision: 3 }).meta({ description: 'When the scan was last corrected' }),
  route: z
    .string()
    .regex(/^(?:[A-Z]{2}-)?\d{2,4}(?:\/\w+)?$/)
    .max(12)
    .meta({ description: 'Route' }),
  weight: z.number().min(-273.15).max(1e9).nullish().meta({ description: 'Weight', unit: 'kg' }),
  fragile: z.boolean().meta({ description: 'Whether it breaks' }),
  // A key that every JavaScript object inherits: found only where the event has it.
  constructor: z.string().min(1).max(5).nullish().meta({ description: 'Who packed it', column: 'packed_by' }),
  receiver: z
    .object({
      name: z.string().nullish().meta({ description: 'Name', personal: true }),
      place: z
        .object({ code: z.string().length(5).nullish().meta({ description: 'Postal code' }) })
        .nullish(),
    })
    .nullish(),
  sender: z.object({
    account: z.uuidv4().meta({ description: 'Account' }),
    floor: z.int().nullish().meta({ description: 'Floor' }),
  }),
};

export const parcels: DatasetForm = {
  name: 'parcels',
  description: 'Scans of parcels',
  event: z.object(parcelShape),
  silver: 'parcel_scans',
  topic: { name: 'parcel-scans', key: 'route', partitions: 6, retentionHours: 48 },
  identity: ['scan_id', 'scanned_at'],
  partitionTime: 'scanned_at',
  observedTime: 'updated_at',
  onConflict: { newest: 'updated_at' },
  latenessMinutes: 5,
  retentionDays: 30,
  declaredEventsPerSecond: 1000,
  sortBy: ['depot', 'heavy'],
  quality: [
    {
      name: 'weight_by_depot',
      column: 'weight',
      by: 'depot',
      ranges: { north: [0, 5], south: [0, 9], größer: [0, 99] },
    },
  ],
  derived: [
    {
      column: 'heavy',
      description: 'Weight class',
      derivation: {
        kind: 'bands',
        column: 'weight',
        bands: [{ below: 2, label: 'light' }],
        otherwise: 'heavy',
      },
    },
  ],
  gold: [
    {
      name: 'parcels_daily',
      description: 'Parcels by day and depot',
      grain: ['day', 'depot'],
      partitionColumn: 'day',
      columns: [
        { name: 'day', type: 'date', comment: 'UTC day' },
        { name: 'depot', type: 'string', comment: 'Depot' },
        { name: 'parcels', type: 'long', comment: 'Scans' },
      ],
    },
  ],
  references: [
    {
      name: 'depots',
      description: 'Where depots are',
      file: 'depots.csv',
      key: 'depot',
      columns: [
        { name: 'depot', type: 'string', comment: 'Depot' },
        { name: 'height', type: 'double', comment: 'Above the sea (m)' },
      ],
    },
  ],
  queries: [
    {
      name: 'parcels_by_depot',
      description: 'Parcels by depot',
      kind: 'analysis',
      chart: {
        mark: 'bar',
        encoding: {
          x: { field: 'depot', type: 'nominal' },
          y: { field: 'parcels', type: 'quantitative' },
        },
      },
    },
  ],
  schedules: { gold: 'cron(0/15 * * * ? *)' },
};
