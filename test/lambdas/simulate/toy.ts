import type { Field, Manifest } from '../../../lib/contract/manifest.ts';

function field(path: string, type: Field['type'], rest: Partial<Field> = {}): Field {
  const steps = path.split('.');
  return {
    path: steps,
    column: steps.join('_'),
    type,
    required: true,
    rules: [],
    description: path,
    ...rest,
  };
}

/** The toy's readings, one a meter, in days of a date that is no part of the identity. */
export function datedToy(): Manifest {
  return {
    ...toyManifest,
    fields: [
      ...toyManifest.fields,
      field('day', 'date'),
      field('number', 'long', { rules: [{ rule: 'range', min: 0, max: 1e9 }] }),
    ],
    identity: ['number'],
    partitionTime: { column: 'day', transform: 'day' },
    partitionFollowsIdentity: false,
  };
}

/** A small contract unlike iot: an identity of two columns that the partition time is part of, numbers, an optional. */
export const toyManifest: Manifest = {
  manifestVersion: 1,
  dataset: 'toy',
  description: 'Toy readings',
  topic: {
    name: 'toy-readings',
    key: 'meter',
    partitions: 3,
    retentionHours: 24,
    maxMessageBytes: 1_000_000,
  },
  fields: [
    field('meter', 'string', { rules: [{ rule: 'pattern', pattern: '^m-[a-f]{2}[0-9]{4}$' }] }),
    field('read_at', 'timestamp'),
    field('reading.count', 'long', { rules: [{ rule: 'range', min: 0, max: 9 }] }),
    field('reading.ok', 'boolean'),
    field('note', 'string', { required: false, rules: [{ rule: 'length', min: 1, max: 12 }] }),
    field('kind', 'string', { rules: [{ rule: 'enum', values: ['water', 'gas'] }] }),
  ],
  identity: ['meter', 'read_at'],
  partitionTime: { column: 'read_at', transform: 'day' },
  partitionFollowsIdentity: true,
  observedTime: 'read_at',
  onConflict: { kind: 'first' },
  time: { latenessMs: 600_000, futureMs: 300_000, tooOldMs: 40 * 86_400_000 },
  sortBy: ['kind'],
  quality: [],
  derived: [],
  retentionDays: 40,
  archiveDays: 40,
  declaredEventsPerSecond: 1,
  schedules: { gold: 'cron(10 * * * ? *)', sweep: 'cron(40 * * * ? *)', maintain: 'cron(20 3 * * ? *)' },
  tables: {
    bronze: 'toy_readings_raw',
    bronzeDistinct: 'toy_readings_raw_distinct',
    quarantineLanded: 'toy_quarantine_landed',
    rejected: 'toy_rejected',
    quarantine: 'toy_quarantine',
    silver: 'toy_readings',
  },
  columns: { bronze: [], quarantineLanded: [], rejected: [], silver: [] },
  windows: [],
  gold: [],
  approximations: [],
  publish: null,
  references: [],
  sources: [],
  queries: [],
};
