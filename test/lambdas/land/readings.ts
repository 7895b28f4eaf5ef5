import { zstdDecompressSync } from 'node:zlib';
import type { MSKEvent, MSKRecord } from 'aws-lambda';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { tableColumns } from '../../../lib/contract/columns.ts';
import type { Field, Manifest } from '../../../lib/contract/manifest.ts';

const field = (path: string[], type: Field['type'], required = true, rules: Field['rules'] = []): Field => ({
  path,
  column: path.join('_'),
  type,
  required,
  rules,
  description: `the ${path.join(' ')}`,
});

const fields: readonly Field[] = [
  field(['reading_id'], 'string', true, [{ rule: 'pattern', pattern: '^r-[0-9]+$' }]),
  field(['taken_at'], 'timestamp'),
  field(['level'], 'double', true, [{ rule: 'range', min: 0, max: 1000 }]),
  field(['count'], 'long', false),
  field(['checked'], 'boolean', false),
  field(['place', 'note'], 'string', false),
  field(['due'], 'date', false),
];

/** A dataset with every field type, of which the code under test knows nothing. */
export const manifest: Manifest = {
  manifestVersion: 1,
  dataset: 'readings',
  description: 'Readings for tests',
  topic: {
    name: 'readings',
    key: 'reading_id',
    partitions: 2,
    retentionHours: 24,
    maxMessageBytes: 1_048_576,
  },
  fields,
  identity: ['reading_id'],
  partitionTime: { column: 'taken_at', transform: 'day' },
  partitionFollowsIdentity: false,
  observedTime: 'taken_at',
  onConflict: { kind: 'first' },
  time: { latenessMs: 600_000, futureMs: 300_000, tooOldMs: 400 * 86_400_000 },
  sortBy: [],
  quality: [],
  derived: [],
  retentionDays: 400,
  archiveDays: 400,
  declaredEventsPerSecond: 1,
  schedules: { gold: 'rate(5 minutes)', sweep: 'rate(1 hour)', maintain: 'rate(1 day)' },
  tables: {
    bronze: 'readings_raw',
    bronzeDistinct: 'readings_raw_distinct',
    quarantineLanded: 'readings_quarantine_landed',
    rejected: 'readings_rejected',
    quarantine: 'readings_quarantine',
    silver: 'readings',
  },
  columns: tableColumns(fields, []),
  windows: [],
  gold: [],
  approximations: [],
  publish: null,
  references: [],
  sources: [],
  queries: [],
};

/** 2026-03-01T10:59:59.500Z: half a second before the hour. */
export const kafkaTime = Date.UTC(2026, 2, 1, 10, 59, 59, 500);

export const base64 = (text: string | Uint8Array): string => Buffer.from(text as string).toString('base64');

export const reading = (id: number, changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    reading_id: `r-${id}`,
    taken_at: '2026-03-01T10:59:58.123Z',
    level: id + 0.25,
    ...changes,
  });

export function record(offset: number, changes: Partial<Record<keyof MSKRecord, unknown>> = {}): MSKRecord {
  return {
    topic: 'readings',
    partition: 0,
    offset,
    timestamp: kafkaTime,
    timestampType: 'LOG_APPEND_TIME',
    key: base64(`r-${offset}`),
    value: base64(reading(offset)),
    headers: [],
    ...changes,
  } as MSKRecord;
}

export const eventOf = (records: MSKEvent['records']): MSKEvent => ({
  eventSource: 'aws:kafka',
  eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/readings/0',
  bootstrapServers: '127.0.0.1:9092',
  records,
});

const copy = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/** Rows of a Parquet file, binary columns as bytes. */
export function rowsOf(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({
    file: copy(bytes),
    utf8: false,
    compressors: {
      ZSTD: (input, length) =>
        new Uint8Array(zstdDecompressSync(input, { maxOutputLength: Math.max(length, 1) })),
    },
  });
}

export const metadataOf = (bytes: Uint8Array): ReturnType<typeof parquetMetadata> =>
  parquetMetadata(copy(bytes));
