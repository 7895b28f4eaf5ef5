import type { DatasetConclusion } from './dataset-audit.ts';
import type { DatasetAudit, Gaps } from './equation.ts';
import { merged } from './ranges.ts';

/** An answer of a function has a bound of 6 MB. */
const MOST_RANGES = 1_000;
const MOST_DOUBLED = 20;

/** Audits of different times as one. Each of the gaps' lists is bounded. */
export function together(found: readonly DatasetConclusion[]): DatasetConclusion {
  const sum = (of: (one: DatasetConclusion) => number) => found.reduce((total, one) => total + of(one), 0);
  const audited = (name: Exclude<keyof DatasetAudit, 'quarantined'>) => sum(({ audit }) => audit[name]);
  const quarantined = (name: keyof DatasetAudit['quarantined']) =>
    sum(({ audit }) => audit.quarantined[name]);
  const ranges = (name: Exclude<keyof Gaps, 'duplicated'>) =>
    merged(found.flatMap(({ gaps }) => gaps[name])).slice(0, MOST_RANGES);
  // All of one run read the same progress, or a newer one.
  const topicSince = found.findLast((one) => one.topicSince !== undefined)?.topicSince;
  return {
    ...(topicSince === undefined ? {} : { topicSince }),
    audit: {
      positions: audited('positions'),
      silver: audited('silver'),
      identicalDuplicates: audited('identicalDuplicates'),
      superseded: audited('superseded'),
      quarantined: {
        unparseable: quarantined('unparseable'),
        invalid: quarantined('invalid'),
        future: quarantined('future'),
        'too-old': quarantined('too-old'),
        conflict: quarantined('conflict'),
      },
      late: audited('late'),
      failed: audited('failed'),
      lost: audited('lost'),
      duplicated: audited('duplicated'),
      disagreed: audited('disagreed'),
      bronzePositions: audited('bronzePositions'),
    },
    gaps: {
      lost: ranges('lost'),
      notInBronze: ranges('notInBronze'),
      duplicated: found.flatMap(({ gaps }) => gaps.duplicated).slice(0, MOST_DOUBLED),
      disagreed: ranges('disagreed'),
      unverifiable: ranges('unverifiable'),
      unread: ranges('unread'),
    },
    truncated: found.some(({ truncated }) => truncated),
    inFlight: sum(({ inFlight }) => inFlight),
    scannedBytes: sum(({ scannedBytes }) => scannedBytes),
    seconds: Math.round(sum(({ seconds }) => seconds) * 1000) / 1000,
  };
}
