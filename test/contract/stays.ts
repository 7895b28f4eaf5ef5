import * as z from 'zod';
import type { DatasetForm } from '../../lib/contract/dataset.ts';

/** A contract that lies in days of a date of its own, with every kind of derived column. */
export const stays: DatasetForm = {
  name: 'stays',
  description: 'Stays of guests',
  event: z.object({
    stay_id: z
      .string()
      .regex(/^s-\d{1,9}$/)
      .meta({ description: 'Number of the stay' }),
    night: z.iso.date().meta({ description: 'The first night' }),
    until: z.iso.date().nullish().meta({ description: 'The day of departure' }),
    arrived_at: z.iso.datetime({ precision: 3 }).nullish().meta({ description: 'When the guest came' }),
    left_at: z.iso.datetime({ precision: 3 }).nullish().meta({ description: 'When the guest went' }),
    told_at: z.iso.datetime({ precision: 3 }).meta({ description: 'When the hotel told it' }),
    guests: z.int().min(1).max(9).meta({ description: 'How many' }),
  }),
  silver: 'hotel_stays',
  topic: { name: 'stays', key: 'stay_id', partitions: 2, retentionHours: 24 },
  identity: ['stay_id', 'night'],
  partitionTime: 'night',
  observedTime: 'told_at',
  onConflict: 'first',
  latenessMinutes: 10,
  retentionDays: 3650,
  archiveDays: 30,
  // So many that timestamps would lie in hours.
  declaredEventsPerSecond: 1000,
  derived: [
    {
      column: 'stay_minutes',
      description: 'How long it took',
      unit: 'min',
      derivation: { kind: 'minutes', from: 'arrived_at', to: 'left_at' },
    },
    {
      column: 'length',
      description: 'Up to a day, or longer',
      derivation: {
        kind: 'bands',
        column: 'stay_minutes',
        bands: [
          { below: 0, label: 'impossible' },
          { upTo: 1440, label: 'short' },
        ],
        otherwise: 'long',
      },
    },
    {
      column: 'is_long',
      description: 'More than a day',
      derivation: { kind: 'above', column: 'stay_minutes', than: 1440 },
    },
    {
      column: 'weekday',
      description: 'Of the first night, 1 is Monday',
      derivation: { kind: 'part', column: 'night', part: 'weekday' },
    },
    {
      column: 'weekend',
      description: 'Saturday and Sunday',
      derivation: { kind: 'above', column: 'weekday', than: 5 },
    },
    {
      column: 'impossible',
      description: 'Left before arriving',
      derivation: { kind: 'equals', column: 'length', value: 'impossible' },
    },
  ],
  windows: [
    {
      name: 'stays_hourly',
      description: 'Stays by the hour they were told',
      sizeSeconds: 3600,
      time: 'told_at',
      key: ['weekday'],
      aggregates: [
        { kind: 'count', column: 'stays', description: 'Stays' },
        { kind: 'avg', column: 'mean_minutes', of: 'stay_minutes', description: 'Mean length', unit: 'min' },
      ],
    },
  ],
};
