/**
 * What an event source mapping does with a batch, as data: which records to send next, how long to wait before, what
 * to discard. Nothing here invokes, waits or commits.
 *
 * The rules are Lambda's for Kafka with provisioned pollers:
 * - a failed batch is split in two where `bisect` is set, and a split does not count as a retry;
 * - else it is sent again, up to the limit, and then discarded (to the on-failure destination where there is one);
 * - a partial response names the lowest failed offset of each partition: what lies before it, and every partition it
 *   does not name, is done; with `bisect` the rest is cut off there, without, its retry counts;
 * - infinite retries with a destination are capped at 10;
 * - a record past its maximum age is discarded instead of sent.
 */
export interface RetrySettings {
  readonly bisect: boolean;
  /** Times a batch is sent again; -1: without end. */
  readonly maximumRetryAttempts: number;
  /** -1: any age. */
  readonly maximumRecordAgeSeconds: number;
  /** ReportBatchItemFailures. */
  readonly partialResponses: boolean;
  readonly hasDestination: boolean;
}

/** What the plan has to know of a record. */
export interface Position {
  /** `TOPIC-PARTITION` */
  readonly partition: string;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

export type Condition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/** Records that are sent together. */
interface Piece<R> {
  readonly records: readonly R[];
  /** Times that these, or more records with them, were sent again and counted. */
  readonly retries: number;
  readonly invocations: number;
}

/** A batch on its way: what is left of it, first to be sent first. */
export interface Delivery<R> {
  readonly pieces: readonly Piece<R>[];
  /** Invocations that failed since the last that did not. */
  readonly failures: number;
}

export type Step<R> =
  | { readonly kind: 'done' }
  | { readonly kind: 'invoke'; readonly records: readonly R[]; readonly waitMs: number }
  | {
      readonly kind: 'discard';
      readonly records: readonly R[];
      readonly condition: Condition;
      readonly invocations: number;
    };

/** `error`: the invocation failed; a map: the lowest failed offset by partition. */
export type Outcome = 'success' | 'error' | ReadonlyMap<string, number>;

const cappedRetries = 10;
const firstWaitMs = 200;
const longestWaitMs = 10_000;

export function retryLimit(settings: RetrySettings): number {
  if (settings.maximumRetryAttempts >= 0) return settings.maximumRetryAttempts;
  return settings.hasDestination ? cappedRetries : Number.POSITIVE_INFINITY;
}

export const deliveryOf = <R extends Position>(records: readonly R[]): Delivery<R> => ({
  pieces: records.length === 0 ? [] : [{ records, retries: 0, invocations: 0 }],
  failures: 0,
});

/** Cuts what is too old off the first piece, so that it is discarded by itself. */
function cutExpired<R extends Position>(delivery: Delivery<R>, oldest: number): Delivery<R> {
  const [first, ...rest] = delivery.pieces;
  if (first === undefined) return delivery;
  const expired = first.records.filter(({ timestamp }) => timestamp < oldest);
  if (expired.length === 0 || expired.length === first.records.length) return delivery;
  const fresh = first.records.filter(({ timestamp }) => timestamp >= oldest);
  return { ...delivery, pieces: [{ ...first, records: expired }, { ...first, records: fresh }, ...rest] };
}

/** The next step, and the delivery it belongs to: `afterInvoke` or `afterDiscard` takes that one on. */
export function nextStep<R extends Position>(
  delivery: Delivery<R>,
  settings: RetrySettings,
  nowMs: number,
): { readonly delivery: Delivery<R>; readonly step: Step<R> } {
  const { maximumRecordAgeSeconds } = settings;
  const oldest =
    maximumRecordAgeSeconds < 0 ? Number.NEGATIVE_INFINITY : nowMs - maximumRecordAgeSeconds * 1000;
  const cut = cutExpired(delivery, oldest);
  const [first] = cut.pieces;
  if (first === undefined) return { delivery: cut, step: { kind: 'done' } };
  const { records, invocations } = first;
  const discard = (condition: Condition): Step<R> => ({ kind: 'discard', records, condition, invocations });
  if (records.every(({ timestamp }) => timestamp < oldest))
    return { delivery: cut, step: discard('RecordAgeExceeded') };
  if (first.retries > retryLimit(settings)) return { delivery: cut, step: discard('RetryAttemptsExhausted') };
  const { failures } = cut;
  const waitMs = failures === 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - 1, 20));
  return { delivery: cut, step: { kind: 'invoke', records, waitMs } };
}

/** The first piece is in the destination, or was dropped for lack of one. */
export const afterDiscard = <R>(delivery: Delivery<R>): Delivery<R> => ({
  ...delivery,
  pieces: delivery.pieces.slice(1),
});

function halves<R>(piece: Piece<R>): Piece<R>[] {
  const middle = Math.ceil(piece.records.length / 2);
  return [piece.records.slice(0, middle), piece.records.slice(middle)].map((records) => ({
    ...piece,
    records,
  }));
}

/** The first piece was sent, with this outcome. */
export function afterInvoke<R extends Position>(
  delivery: Delivery<R>,
  settings: RetrySettings,
  outcome: Outcome,
): Delivery<R> {
  const [first, ...rest] = delivery.pieces;
  if (first === undefined) return delivery;
  if (outcome === 'success') return { pieces: rest, failures: 0 };
  const piece = { ...first, invocations: first.invocations + 1 };
  const failures = delivery.failures + 1;
  const again = { ...piece, retries: piece.retries + 1 };
  const left =
    outcome === 'error' ? piece.records : piece.records.filter((record) => isLeft(record, outcome));
  if (left.length < piece.records.length) {
    return { pieces: [{ ...(settings.bisect ? piece : again), records: left }, ...rest], failures };
  }
  if (settings.bisect && piece.records.length > 1) return { pieces: [...halves(piece), ...rest], failures };
  return { pieces: [again, ...rest], failures };
}

function isLeft(record: Position, failed: ReadonlyMap<string, number>): boolean {
  const lowest = failed.get(record.partition);
  return lowest !== undefined && record.offset >= lowest;
}

/** The lowest offset of each partition that is neither delivered nor discarded yet. */
export function lowestLeft(delivery: Delivery<Position>): Map<string, number> {
  const lowest = new Map<string, number>();
  for (const { records } of delivery.pieces) {
    for (const { partition, offset } of records) {
      lowest.set(partition, Math.min(offset, lowest.get(partition) ?? offset));
    }
  }
  return lowest;
}
