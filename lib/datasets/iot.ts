/**
 * `iot`: measurements of small devices, and the exact 95th percentile of how long they took.
 *
 * A device sends one JSON event for each measurement. An event may be sent again, whole and unchanged: it counts once.
 * What breaks a rule of this file is quarantined with its original bytes; only a `value` outside the range of its
 * device type stays in the table, as a quality finding.
 */
import * as z from 'zod';
import { dataset as define } from '../contract/dataset.ts';

const event = z.object({
  event_id: z.uuidv4().meta({ description: 'Identity of the event, given by the device' }),
  device_id: z
    .string()
    .regex(/^device-\d{3}$/)
    .meta({ description: 'The device that measured' }),
  device_type: z
    .enum(['temperature', 'pressure', 'humidity', 'motion', 'light'])
    .meta({ description: 'What the device measures' }),
  timestamp: z.iso
    .datetime({ precision: 3 })
    .meta({ description: 'When the measurement was taken: the event time' }),
  event_duration: z
    .number()
    .min(0)
    .max(1000)
    .meta({ description: 'How long the measurement took', unit: 'ms' }),
  value: z.number().meta({
    description:
      'The measured value; temperature in °C, pressure in hPa, humidity in %, motion 0 to 1, light in lx',
  }),
  status: z
    .enum(['normal', 'warning', 'critical'])
    .meta({ description: 'What the device makes of the value' }),
  metadata: z.object({
    location: z
      .enum(['zone-A', 'zone-B', 'zone-C', 'zone-D', 'zone-E'])
      .meta({ description: 'Where the device stands' }),
    firmware: z
      .string()
      .regex(/^v\d+\.\d+\.\d+$/)
      .meta({ description: 'Version of the device software' }),
  }),
});

export const dataset = define({
  name: 'iot',
  description: 'Measurements of sensor devices, one row for each event, and their exact daily percentiles.',
  event,
  silver: 'iot_events',

  // One key, one partition: the events of a device stay in the order the broker took them.
  topic: { name: 'iot-events', key: 'device_id', partitions: 3, retentionHours: 24 },

  // A repeated event_id is one event. Same content: an identical duplicate. Other content: the first one stays,
  // the later one is quarantined as a conflict.
  identity: ['event_id'],
  onConflict: 'first',

  // Silver lies in days of the event time. Nothing but good manners ties the time to the event_id, so the sweep
  // looks for one event_id in two days.
  partitionTime: 'timestamp',
  partitionFollowsIdentity: false,
  observedTime: 'timestamp',
  latenessMinutes: 10,
  futureMinutes: 5,
  retentionDays: 400,

  declaredEventsPerSecond: 10,
  sortBy: ['device_type'],

  quality: [
    {
      name: 'value_range',
      column: 'value',
      by: 'device_type',
      ranges: {
        temperature: [15, 30],
        pressure: [900, 1100],
        humidity: [30, 80],
        motion: [0, 1],
        light: [0, 1000],
      },
    },
  ],

  derived: [
    {
      column: 'is_critical',
      description: 'True: the device calls its value critical',
      derivation: { kind: 'equals', column: 'status', value: 'critical' },
    },
    {
      column: 'duration_category',
      description: 'fast below 100 ms, normal below 300 ms, else slow',
      derivation: {
        kind: 'bands',
        column: 'event_duration',
        bands: [
          { below: 100, label: 'fast' },
          { below: 300, label: 'normal' },
        ],
        otherwise: 'slow',
      },
    },
  ],

  // After each batch the windows it touched are computed again from silver: late events correct them.
  windows: [
    {
      name: 'iot_minutely',
      description:
        'Events by minute and device type; final once the watermark, 10 minutes behind, has passed them.',
      sizeSeconds: 60,
      key: ['device_type'],
      aggregates: [
        { kind: 'count', column: 'event_count', description: 'Events of the minute' },
        {
          kind: 'avg',
          column: 'avg_duration',
          of: 'event_duration',
          description: 'Mean duration',
          unit: 'ms',
        },
        {
          kind: 'min',
          column: 'min_duration',
          of: 'event_duration',
          description: 'Least duration',
          unit: 'ms',
        },
        {
          kind: 'max',
          column: 'max_duration',
          of: 'event_duration',
          description: 'Greatest duration',
          unit: 'ms',
        },
        {
          kind: 'avg',
          column: 'avg_value',
          of: 'value',
          description: 'Mean value, in the unit of the device type',
        },
        {
          kind: 'sketch',
          column: 'duration_sketch',
          of: 'event_duration',
          description: 'Quantile sketch of the durations',
          unit: 'ms',
        },
      ],
      parquet: true,
    },
  ],

  approximations: [
    {
      name: 'iot_p95_intraday',
      description:
        'APPROXIMATE 95th percentile of event_duration by device type for each UTC day so far, outliers included; the exact one is iot_p95_daily.',
      window: 'iot_minutely',
      sketch: 'duration_sketch',
      quantile: 0.95,
    },
  ],

  gold: [
    {
      name: 'iot_p95_daily',
      description:
        'The exact 95th percentile (nearest rank) of event_duration by device type and UTC day, over distinct events within 3 sample standard deviations of the daily mean; only groups of at least 500 distinct events.',
      grain: ['device_type', 'date'],
      partitionColumn: 'date',
      columns: [
        { name: 'device_type', type: 'string', comment: 'What the devices measure' },
        { name: 'date', type: 'date', comment: 'UTC day of the event time' },
        {
          name: 'p95_duration',
          type: 'double',
          comment: 'The duration at rank ceil(0.95 n) of the n kept ones (ms)',
        },
        { name: 'total_events', type: 'long', comment: 'Events kept' },
        { name: 'distinct_events', type: 'long', comment: 'Distinct events before outliers are left out' },
        { name: 'outliers', type: 'long', comment: 'Distinct events left out' },
        { name: 'avg_duration', type: 'double', comment: 'Mean of the kept durations (ms)' },
        { name: 'mean_duration', type: 'double', comment: 'Mean of all distinct durations (ms)' },
        {
          name: 'stddev_duration',
          type: 'double',
          comment: 'Sample standard deviation of all distinct durations (ms)',
        },
      ],
      quality: [
        { name: 'p95_in_range', holds: 'p95_duration BETWEEN 0 AND 1000' },
        { name: 'kept_and_left_out', holds: 'total_events + outliers = distinct_events' },
        { name: 'enough_events', holds: 'distinct_events >= 500 AND total_events > 0' },
      ],
      csv: true,
    },
    {
      name: 'iot_outliers',
      description:
        'The events of each UTC day and device type whose duration is an outlier by at least one of three rules: beyond 3 sample standard deviations, beyond 1.5 interquartile ranges, outside the 1st to 99th percentile (nearest rank).',
      grain: ['date', 'event_id'],
      partitionColumn: 'date',
      columns: [
        { name: 'device_type', type: 'string', comment: 'What the devices measure' },
        { name: 'date', type: 'date', comment: 'UTC day of the event time' },
        { name: 'event_id', type: 'string', comment: 'Identity of the event' },
        { name: 'event_duration', type: 'double', comment: 'Duration of the event (ms)' },
        {
          name: 'by_z_score',
          type: 'boolean',
          comment: 'True: more than 3 sample standard deviations from the mean of the day and type',
        },
        {
          name: 'by_iqr',
          type: 'boolean',
          comment: 'True: more than 1.5 interquartile ranges below the first or above the third quartile',
        },
        {
          name: 'by_percentile',
          type: 'boolean',
          comment: 'True: below the 1st or above the 99th percentile',
        },
      ],
      quality: [
        { name: 'flagged', holds: 'by_z_score OR by_iqr OR by_percentile' },
        { name: 'duration_in_range', holds: 'event_duration BETWEEN 0 AND 1000' },
      ],
    },
  ],

  // UTC. Gold recomputes only the days that silver touched since; both are safe to run at any time.
  schedules: { gold: 'cron(10 * * * ? *)', sweep: 'cron(40 * * * ? *)' },
});
