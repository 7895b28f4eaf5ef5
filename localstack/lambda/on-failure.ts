import { randomUUID } from 'node:crypto';
import type { Condition } from './delivery.ts';
import { type EventSource, encodeEvent, type PolledRecord } from './record.ts';

/** What became of records that were given up. */
export interface Discarded {
  readonly records: readonly PolledRecord[];
  readonly condition: Condition;
  readonly invocations: number;
  readonly functionArn: string;
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

function recordsInfo(records: readonly PolledRecord[]): Record<string, unknown> {
  const partitions = Map.groupBy(records, (record) => record.partition);
  return Object.fromEntries(
    [...partitions].map(([partition, ofPartition]) => {
      const [first, last] = [ofPartition[0], ofPartition.at(-1)];
      return [
        partition,
        {
          firstRecordOffset: String(first?.offset),
          lastRecordOffset: String(last?.offset),
          firstRecordTimestamp: iso(first?.timestamp ?? 0),
          lastRecordTimestamp: iso(last?.timestamp ?? 0),
        },
      ];
    }),
  );
}

/**
 * The invocation record that Lambda writes to an S3 on-failure destination: metadata, and in `payload` the whole event
 * as an escaped JSON string.
 */
export function invocationRecord(source: EventSource, discarded: Discarded, nowMs: number): string {
  const { records, condition, invocations, functionArn } = discarded;
  const payload = encodeEvent(source, records);
  return JSON.stringify({
    requestContext: { requestId: randomUUID(), functionArn, condition, approximateInvokeCount: invocations },
    responseContext:
      invocations === 0 ? null : { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: iso(nowMs),
    KafkaBatchInfo: {
      batchSize: records.length,
      ...source,
      payloadSize: payload.length,
      recordsInfo: recordsInfo(records),
    },
    payload: payload.toString(),
  });
}

/** `aws/lambda/MAPPING/PARTITION/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-RANDOM`, with the batch's first partition for the shard. */
export function invocationRecordKey(mappingId: string, partition: string, nowMs: number): string {
  const time = iso(nowMs).slice(0, 19);
  return `aws/lambda/${mappingId}/${partition}/${time.slice(0, 10).replaceAll('-', '/')}/${time.replaceAll(':', '.')}-${randomUUID()}`;
}
