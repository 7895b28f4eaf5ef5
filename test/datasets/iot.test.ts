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
    const { tables, gold } = manifest;

    // Assess
    expect(tables).toEqual({
      bronze: 'iot_events_raw',
      bronzeDistinct: 'iot_events_raw_distinct',
      quarantineLanded: 'iot_quarantine_landed',
      rejected: 'iot_rejected',
      quarantine: 'iot_quarantine',
      silver: 'iot_events',
    });
    expect(gold.map(({ name, columns }) => [name, columns.map((column) => column.name)])).toEqual([
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
    ]);
  });
});
