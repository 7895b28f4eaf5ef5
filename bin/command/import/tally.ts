import type { Counts, Reason } from './state.ts';

/** What became of a row: `event` and `rejected` were sent. */
export type Fate =
  | { readonly kind: 'event' }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'rejected'; readonly column: string; readonly detail: string };

/** Rows in a row that came to the same: a file may have a hundred million that are skipped. */
interface Run {
  readonly fate: Fate;
  rows: number;
}

/** Counts rows in the order of the file, each once its message and all before it are acknowledged. */
export interface Tally {
  add(fate: Fate): void;
  /** So many messages, of all that were added, are acknowledged. */
  acknowledge(messages: number): void;
  readonly rows: number;
  counts(): Counts;
}

/** @param before what was counted when the import was broken off */
export function tally(before: Counts): Tally {
  let { rows, events, rejected, skipped } = before;
  let acknowledged = 0;
  let waiting: Run[] = [];
  const reasons = new Map(before.reasons.map((reason) => [`${reason.column}\n${reason.detail}`, reason]));

  function count(fate: Fate, more: number): void {
    rows += more;
    if (fate.kind === 'event') events += more;
    else if (fate.kind === 'skipped') skipped += more;
    else {
      rejected += more;
      const { column, detail } = fate;
      const key = `${column}\n${detail}`;
      const known: Reason = reasons.get(key) ?? { column, detail, count: 0 };
      reasons.set(key, { ...known, count: known.count + more });
    }
  }

  return {
    add(fate) {
      const last = waiting.at(-1);
      if (last === undefined && fate.kind === 'skipped') count(fate, 1);
      else if (last !== undefined && isSame(last.fate, fate)) last.rows += 1;
      else waiting.push({ fate, rows: 1 });
    },
    acknowledge(messages) {
      let done = 0;
      for (const run of waiting) {
        const isSkipped = run.fate.kind === 'skipped';
        const taken = isSkipped ? run.rows : Math.min(run.rows, messages - acknowledged);
        if (taken <= 0) break;
        count(run.fate, taken);
        if (!isSkipped) acknowledged += taken;
        run.rows -= taken;
        if (run.rows > 0) break;
        done += 1;
      }
      waiting = waiting.slice(done);
    },
    get rows() {
      return rows;
    },
    counts: () => ({
      rows,
      events,
      rejected,
      skipped,
      reasons: [...reasons.values()].sort((a, b) => b.count - a.count),
    }),
  };
}

function isSame(one: Fate, other: Fate): boolean {
  if (one.kind !== 'rejected' || other.kind !== 'rejected') return one.kind === other.kind;
  return one.column === other.column && one.detail === other.detail;
}
