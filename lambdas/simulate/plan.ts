/** How much of what a run mixes in, as shares of its distinct valid events. */
export interface Rates {
  /** Re-sent whole and unchanged, from the last 100 sent; on top. */
  readonly duplicates: number;
  /** The same content in other bytes (member order, spaces, unknown fields), long after; on top. */
  readonly retold: number;
  /** Sent when others of their partition are further ahead than the contract's lateness; of the events. */
  readonly late: number;
  /** Sent up to a minute after their turn; of the events. */
  readonly outOfOrder: number;
  /** Carrying unknown fields or a key twice, and valid still; of the events. */
  readonly unusual: number;
  /** Broken in every way there is, in turn; on top. */
  readonly broken: number;
  readonly future: number;
  readonly tooOld: number;
  /** Same identity, other content, same partition of silver; on top. */
  readonly conflicts: number;
  /** Same identity in another partition of silver; on top. */
  readonly strays: number;
}

/** What a run produces, as data. The same plan gives the same bytes. */
export interface Plan {
  readonly seed: number;
  /** Distinct valid events; null: without end, event times by the clock. */
  readonly events: number | null;
  /** Epoch milliseconds of the first event. */
  readonly startMs: number;
  /** Event time between two events, milliseconds. */
  readonly intervalMs: number;
  /** UTC midnight of the run's day, epoch milliseconds; future and too-old ones are dated from it. */
  readonly midnightMs: number;
  /** Partitions of the topic. */
  readonly partitions: number;
  readonly rates: Rates;
}

export const RATES: Rates = {
  duplicates: 0.02,
  retold: 0.00002,
  late: 0.005,
  outOfOrder: 0.02,
  unusual: 0.0005,
  broken: 0.002,
  future: 0.0001,
  tooOld: 0.00005,
  conflicts: 0.00005,
  strays: 0.00002,
};

/** From this many events on, a run holds at least one of everything. */
export const COMPLETE_FROM = 200;
const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

/**
 * One event for each second, ending before today: it starts at UTC midnight, as many whole days ago as it needs.
 * `nowMs` is epoch milliseconds; `kinds` is how many ways of breaking a record there are.
 */
export function finitePlan(options: {
  seed: number;
  events: number;
  nowMs: number;
  partitions: number;
  kinds: number;
}): Plan {
  const { seed, events, nowMs, partitions, kinds } = options;
  const midnightMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const days = Math.ceil((events * SECOND_MS) / DAY_MS);
  return {
    seed,
    events,
    startMs: midnightMs - days * DAY_MS,
    intervalMs: SECOND_MS,
    midnightMs,
    partitions,
    rates: events < COMPLETE_FROM ? RATES : atLeastOnce(RATES, events, kinds),
  };
}

/** Without end; each event is of the moment it is made. */
export function endlessPlan(options: { seed: number; nowMs: number; partitions: number }): Plan {
  const midnightMs = Math.floor(options.nowMs / DAY_MS) * DAY_MS;
  return {
    seed: options.seed,
    events: null,
    startMs: options.nowMs,
    intervalMs: SECOND_MS,
    midnightMs,
    partitions: options.partitions,
    rates: RATES,
  };
}

function atLeastOnce(rates: Rates, events: number, kinds: number): Rates {
  const one = (rate: number, count = 1) => Math.max(rate, count / events);
  return {
    duplicates: one(rates.duplicates),
    retold: one(rates.retold),
    late: one(rates.late),
    outOfOrder: one(rates.outOfOrder),
    unusual: one(rates.unusual, 2),
    broken: one(rates.broken, kinds),
    future: one(rates.future),
    tooOld: one(rates.tooOld),
    conflicts: one(rates.conflicts, 2),
    strays: one(rates.strays),
  };
}
