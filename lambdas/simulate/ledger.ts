import type { Reason } from '../../lib/contract/manifest.ts';

/** What a record is and what must become of it. */
export type Fate = 'silver' | 'identicalDuplicate' | Reason;

/** What a run sent, and so what an audit of it must find. */
export interface Expected {
  /** All records sent. */
  readonly records: number;
  /** Rows that silver must hold. */
  readonly distinct: number;
  readonly identicalDuplicates: number;
  readonly quarantined: Readonly<Record<Reason, number>>;
  /** Rows of silver that must be marked late. */
  readonly late: number;
  /** Sent later than their turn, the late ones included. */
  readonly outOfOrder: number;
  /** Records by kind: `event`, `duplicate`, `truncated`, `conflict`, ... */
  readonly kinds: Readonly<Record<string, number>>;
}

export interface Tally {
  count(kind: string, fate: Fate): void;
  countLate(): void;
  countOutOfOrder(): void;
  expected(): Expected;
}

export function tally(): Tally {
  const kinds = new Map<string, number>();
  const fates = new Map<Fate, number>();
  let records = 0;
  let late = 0;
  let outOfOrder = 0;
  const of = (fate: Fate) => fates.get(fate) ?? 0;
  return {
    count(kind, fate) {
      records += 1;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      fates.set(fate, of(fate) + 1);
    },
    countLate() {
      late += 1;
    },
    countOutOfOrder() {
      outOfOrder += 1;
    },
    expected: () => ({
      records,
      distinct: of('silver'),
      identicalDuplicates: of('identicalDuplicate'),
      quarantined: {
        unparseable: of('unparseable'),
        invalid: of('invalid'),
        future: of('future'),
        'too-old': of('too-old'),
        conflict: of('conflict'),
      },
      late,
      outOfOrder,
      kinds: Object.fromEntries(kinds),
    }),
  };
}
