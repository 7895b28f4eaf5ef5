import type { Column, Derivation, Derived, DerivedType, Field, Manifest } from './manifest.ts';

const column = (name: string, type: Column['type'], comment: string): Column => ({ name, type, comment });

/** Where a record stands in Kafka, and what it carried. */
const POSITION: readonly Column[] = [
  column('kafka_topic', 'string', 'Topic the record was read from'),
  column('kafka_partition', 'int', 'Partition of the topic'),
  column(
    'kafka_offset',
    'long',
    'Offset within the partition; with topic and partition, the identity of a record',
  ),
  column('kafka_timestamp', 'timestamp', 'When the broker appended the record (LogAppendTime, UTC)'),
  column('kafka_key', 'binary', 'Key as received; null for none'),
];
const VALUE = column('kafka_value', 'binary', 'Value exactly as received; null for a null value');
const HEADERS = column('kafka_headers', 'string', 'Headers as a JSON array of [key, base64]; null for none');
const FAULT: readonly Column[] = [
  column('reason', 'string', 'Why the record is here: unparseable, invalid, future, too-old or conflict'),
  column('path', 'string', 'Where in the event the fault lies, dotted; `$` is the whole'),
  column('detail', 'string', 'The fault in words'),
];

/** Partition keys of the two external tables: part of the location, not of the files. */
export const hivePartitionKeys: readonly Column[] = [
  column('date', 'string', 'UTC date of kafka_timestamp, YYYY-MM-DD'),
  column('hour', 'int', 'UTC hour of kafka_timestamp, 0 to 23'),
];

/** Names a contract's column may not take: the lake fills them itself. */
export function isReserved(name: string): boolean {
  return (
    /^(?:kafka|verdict)(?:_|$)/.test(name) ||
    ['date', 'hour', 'late', 'processing_time', 'quality_findings'].includes(name)
  );
}

const withUnit = ({ description, unit }: Pick<Field, 'description' | 'unit'>): string =>
  unit === undefined ? description : `${description} (${unit})`;

const contractColumn = (field: Field): Column => column(field.column, field.type, withUnit(field));

const DERIVED_TYPES: Readonly<Record<Derivation['kind'], DerivedType>> = {
  equals: 'boolean',
  above: 'boolean',
  bands: 'string',
  minutes: 'double',
  part: 'int',
};

/** What a derived column is stored as. */
export const derivedType = ({ kind }: Derivation): DerivedType => DERIVED_TYPES[kind];

/** Columns that silver adds, and their types. */
export function derivedTypes(
  derived: readonly Pick<Derived, 'column' | 'derivation'>[],
): [string, DerivedType][] {
  return derived.map(({ column: name, derivation }) => [name, derivedType(derivation)]);
}

/** The columns of a dataset's tables, in the order of the tables. Partition keys of external tables are apart. */
export function tableColumns(fields: readonly Field[], derived: readonly Derived[]): Manifest['columns'] {
  const contract = fields.map(contractColumn);
  return {
    bronze: [
      ...POSITION,
      VALUE,
      HEADERS,
      column(
        'verdict',
        'string',
        'How the landing judged the record: valid, unparseable, invalid, future, too-old',
      ),
      column('verdict_path', 'string', 'Where in the event the fault lies; null when valid'),
      column('verdict_detail', 'string', 'The fault in words; null when valid'),
      ...contract,
    ],
    quarantineLanded: [...POSITION, VALUE, HEADERS, ...FAULT],
    rejected: [
      ...POSITION,
      column('kafka_value', 'binary', 'Value exactly as received; only for the reason conflict'),
      ...FAULT,
      column('processing_time', 'timestamp', 'When Spark wrote the row (UTC)'),
    ],
    silver: [
      ...contract,
      ...derived.map((one) => column(one.column, one.type, withUnit(one))),
      column(
        'quality_findings',
        'string',
        'Names of the quality rules the row breaches, comma-joined; null for none',
      ),
      ...POSITION.filter(({ name }) => ['kafka_partition', 'kafka_offset', 'kafka_timestamp'].includes(name)),
      column('late', 'boolean', 'True: behind the watermark when it arrived'),
      column('processing_time', 'timestamp', 'When Spark wrote the row (UTC)'),
    ],
  };
}
