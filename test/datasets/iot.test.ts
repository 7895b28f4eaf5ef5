import { describe, expect, it } from 'vitest';
import { dataset } from '../../lib/datasets/iot.ts';

const { manifest } = dataset;

describe('iot', () => {
  it('has the fields of its event, in order', () => {
    // Act
    const columns = manifest.fields.map(({ column, type, required }) => `${column} ${type} ${required}`);

    // Assess
    expect(columns).toEqual([
      'event_id string true',
      'device_id string true',
      'device_type string true',
      'timestamp timestamp true',
      'event_duration double true',
      'value double true',
      'status string true',
      'metadata_location string true',
      'metadata_firmware string true',
    ]);
  });

  it('is one event for each event_id, by days, swept', () => {
    // Act
    const { identity, onConflict, partitionTime, partitionFollowsIdentity, observedTime, time, sortBy } =
      manifest;

    // Assess
    expect({
      identity,
      onConflict,
      partitionTime,
      partitionFollowsIdentity,
      observedTime,
      time,
      sortBy,
    }).toEqual({
      identity: ['event_id'],
      onConflict: { kind: 'first' },
      partitionTime: { column: 'timestamp', transform: 'day' },
      partitionFollowsIdentity: false,
      observedTime: 'timestamp',
      time: { latenessMs: 600_000, futureMs: 300_000, tooOldMs: 400 * 86_400_000 },
      sortBy: ['device_type'],
    });
  });

  it('names its tables', () => {
    // Act
    const { tables, windows, gold, approximations } = manifest;

    // Assess
    expect(tables).toEqual({
      bronze: 'iot_events_raw',
      bronzeDistinct: 'iot_events_raw_distinct',
      quarantineLanded: 'iot_quarantine_landed',
      rejected: 'iot_rejected',
      quarantine: 'iot_quarantine',
      silver: 'iot_events',
    });
    expect(
      [...windows, ...gold, ...approximations].map(({ name, columns }) => [
        name,
        columns.map((column) => column.name),
      ]),
    ).toEqual([
      [
        'iot_minutely',
        [
          'window_start',
          'window_end',
          'device_type',
          'event_count',
          'avg_duration',
          'min_duration',
          'max_duration',
          'avg_value',
          'duration_sketch',
          'late_rows',
          'final',
          'processing_time',
        ],
      ],
      [
        'iot_p95_daily',
        [
          'device_type',
          'date',
          'p95_duration',
          'total_events',
          'distinct_events',
          'outliers',
          'avg_duration',
          'mean_duration',
          'stddev_duration',
        ],
      ],
      [
        'iot_outliers',
        ['device_type', 'date', 'event_id', 'event_duration', 'by_z_score', 'by_iqr', 'by_percentile'],
      ],
      [
        'iot_p95_intraday',
        ['date', 'device_type', 'events', 'approximate_quantile', 'rank_error', 'through', 'processing_time'],
      ],
    ]);
  });
});
