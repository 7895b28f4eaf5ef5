import type { Outcome, Position } from './delivery.ts';

function itemOf(item: unknown): readonly [string, number] | undefined {
  const identifier = (item as { itemIdentifier?: unknown } | null)?.itemIdentifier;
  const { partition, offset } = (identifier ?? {}) as { partition?: unknown; offset?: unknown };
  return typeof partition === 'string' && Number.isSafeInteger(offset)
    ? [partition, offset as number]
    : undefined;
}

/**
 * Reads a function's response under ReportBatchItemFailures, as Lambda does: nothing, or an empty list, is success; an
 * item that is malformed, or names what the batch does not hold, makes the whole batch a failure. Of several offsets
 * of one partition the lowest counts.
 */
export function readResponse(response: unknown, records: readonly Position[]): Outcome {
  const items = (response as { batchItemFailures?: unknown } | null | undefined)?.batchItemFailures;
  if (items === undefined || items === null) return 'success';
  if (!Array.isArray(items)) return 'error';
  const failed = new Map<string, number>();
  for (const item of items) {
    const read = itemOf(item);
    if (read === undefined) return 'error';
    const [partition, offset] = read;
    if (!records.some((record) => record.partition === partition && record.offset === offset)) return 'error';
    failed.set(partition, Math.min(offset, failed.get(partition) ?? offset));
  }
  return failed.size === 0 ? 'success' : failed;
}
