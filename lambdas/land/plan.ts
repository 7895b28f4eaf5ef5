import type { MSKEvent, MSKRecord } from 'aws-lambda';

/** The records of one topic partition whose Kafka timestamps fall into one UTC hour: one bronze object. */
export interface ObjectPlan {
  /** Key below a table's prefix, the same for the same records: a retried batch overwrites what it wrote before. */
  readonly key: string;
  readonly records: readonly MSKRecord[];
}

/** What one topic partition of a batch asks for. */
export interface PartitionPlan {
  /** `TOPIC-PARTITION`, as the event and a partial batch response name it. */
  readonly partition: string;
  readonly lowestOffset: number;
  readonly objects: readonly ObjectPlan[];
}

const hourMs = 3_600_000;
/** 9999-12-31T23:59:59.999Z: the last instant that a `date=YYYY-MM-DD` key can name. */
const lastInstantMs = 253_402_300_799_999;

/**
 * A record's Kafka timestamp in epoch milliseconds. Under LogAppendTime it is the broker's clock; where a topic takes
 * producers' times it may be anything, so it is held to years 1970-9999, which every key and table can hold.
 */
export function kafkaTimestamp(record: MSKRecord): number {
  return Number.isFinite(record.timestamp)
    ? Math.min(Math.max(Math.trunc(record.timestamp), 0), lastInstantMs)
    : 0;
}

/** `date=2026-01-31/hour=07/iot-events-0-00000000000000000000-00000000000000000041.parquet` */
function objectKey(hour: number, partition: string, records: readonly MSKRecord[]): string {
  const iso = new Date(hour * hourMs).toISOString();
  const offsets = records.map((record) => record.offset);
  const [first, last] = [offsets.reduce((a, b) => Math.min(a, b)), offsets.reduce((a, b) => Math.max(a, b))];
  const range = [first, last].map((offset) => String(offset).padStart(20, '0')).join('-');
  return `date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}/${partition}-${range}.parquet`;
}

function planPartition(partition: string, records: readonly MSKRecord[]): PartitionPlan {
  const hours = Map.groupBy(records, (record) => Math.floor(kafkaTimestamp(record) / hourMs));
  return {
    partition,
    lowestOffset: records.reduce(
      (lowest, record) => Math.min(lowest, record.offset),
      Number.MAX_SAFE_INTEGER,
    ),
    objects: [...hours].map(([hour, ofHour]) => ({
      key: objectKey(hour, partition, ofHour),
      records: ofHour,
    })),
  };
}

/** The objects a batch becomes, by topic partition; partitions without records are left out. */
export function planBatch(event: MSKEvent): PartitionPlan[] {
  return Object.entries(event.records)
    .filter(([, records]) => records.length > 0)
    .map(([partition, records]) => planPartition(partition, records));
}
