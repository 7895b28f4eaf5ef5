import { auditDataset, type DatasetConclusion } from '../../../lambdas/audit/dataset-audit.ts';
import { type Audit, type DatasetAudit, type Gaps, summed } from '../../../lambdas/audit/equation.ts';
import { countOf, rangesText } from '../../../lambdas/audit/ranges.ts';
import type { Times } from '../../../lambdas/audit/scope.ts';
import { sizeText } from '../metrics/print.ts';
import { thousands } from '../progress-line.ts';
import type { AuditPlaces } from './places.ts';

/** What `audit --json` prints of a dataset. */
export interface DatasetReport extends DatasetAudit {
  readonly gaps: Gaps;
  /** The counts are at least so many; `gaps.unread` names what was not looked at. */
  readonly truncated: boolean;
  readonly inFlight: number;
  /** The stream was moved to another topic: only what Kafka took from then on was judged. */
  readonly topicSince?: string;
  /** That Athena read. */
  readonly scannedBytes: number;
  readonly seconds: number;
}

/** What `audit --json` prints. */
export interface AuditReport extends Audit, Times {
  readonly scannedBytes: number;
  readonly seconds: number;
  readonly datasets: Readonly<Record<string, DatasetReport>>;
}

/**
 * Audits one dataset after the other; what must be looked at is named on stderr.
 * @param whole true: up to the topic's ends, so that what is under way counts as lost; false: up to where all is through
 * @param times Kafka timestamps; undefined: all positions
 */
export async function auditAll({ places }: AuditPlaces, whole: boolean, times?: Times): Promise<AuditReport> {
  const datasets: Record<string, DatasetReport> = {};
  for (const place of places) {
    const name = place.manifest.dataset;
    const conclusion = await auditDataset(place, { whole, ...(times === undefined ? {} : { times }) });
    const { audit, ...rest } = conclusion;
    datasets[name] = { ...audit, ...rest };
    for (const line of remarks(conclusion, whole)) process.stderr.write(`${name}: ${line}\n`);
  }
  const total = (field: 'scannedBytes' | 'seconds') =>
    Object.values(datasets).reduce((sum, one) => sum + one[field], 0);
  return {
    ...times,
    ...summed(datasets),
    datasets,
    scannedBytes: total('scannedBytes'),
    seconds: total('seconds'),
  };
}

function remarks(conclusion: DatasetConclusion, whole: boolean): string[] {
  const { gaps, inFlight, scannedBytes, seconds, topicSince } = conclusion;
  const lines: string[] = [];
  if (topicSince !== undefined)
    lines.push(
      `the stream was moved to another topic: judged is what Kafka took from ${topicSince} on; ` +
        'positions of the topic before can no longer be proved',
    );
  if (inFlight > 0)
    lines.push(`${thousands(inFlight)} records are under way and left out; --wait waits for them`);
  const named = (what: string, ranges: Gaps['lost']) => {
    if (ranges.length > 0) lines.push(`${what}: ${rangesText(ranges)}`);
  };
  named(whole ? 'lost, or not through yet' : 'lost', gaps.lost);
  named('the tables disagree', gaps.disagreed);
  named(`${thousands(countOf(gaps.notInBronze))} positions are not in bronze`, gaps.notInBronze);
  named(`${thousands(countOf(gaps.unverifiable))} in no table, and no longer in Kafka`, gaps.unverifiable);
  named(`${thousands(countOf(gaps.unread))} in no table, and not looked at`, gaps.unread);
  for (const { identity, positions } of gaps.duplicated) {
    const values = Object.entries(identity).map(([column, value]) => `${column} ${value}`);
    const from = positions.map(({ partition, offset }) => `${partition}:${offset}`);
    lines.push(`silver holds it ${positions.length} times: ${values.join(', ')} (from ${from.join(', ')})`);
  }
  lines.push(`audited in ${seconds.toFixed(1)} s, ${sizeText(scannedBytes)} read`);
  return lines;
}
