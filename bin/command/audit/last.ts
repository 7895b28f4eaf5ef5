import { notInBronze } from '../../../lambdas/audit/equation.ts';
import { type AuditProgress, readAudit } from '../../../lambdas/audit/lake-state.ts';
import { countOf } from '../../../lambdas/audit/ranges.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { thousands } from '../progress-line.ts';
import { datasetsOf } from '../run-datasets.ts';
import type { StagePlace } from '../stage-place.ts';

/** What the scheduled audit last found, in numbers. */
export type LastAudit = Pick<
  AuditProgress,
  'from' | 'to' | 'auditedTo' | 'finishedAt' | 'sound' | 'inFlight' | 'truncated'
> &
  Pick<AuditProgress['audit'], 'positions' | 'lost' | 'duplicated' | 'disagreed' | 'failed'> & {
    readonly notInBronze: number;
    /** Positions that nobody can, or that nobody did, look at; of the ranges that the audit names. */
    readonly unverifiable: number;
    /** Ranges before `from` that were not sound, and are audited again by each run. */
    readonly open: number;
  };

export async function lastAudit(place: StagePlace, manifest: Manifest): Promise<LastAudit | null> {
  const found = await readAudit(place.s3, await place.bucket('State'), manifest);
  return found === undefined ? null : inNumbers(found);
}

export function inNumbers(progress: AuditProgress): LastAudit {
  const { from, to, auditedTo, finishedAt, sound, inFlight, truncated = false } = progress;
  const { audit, gaps, open = [] } = progress;
  const { positions, lost, duplicated, disagreed, failed } = audit;
  return {
    ...{ from, to, auditedTo, finishedAt, sound, inFlight, truncated },
    ...{ positions, lost, duplicated, disagreed, failed },
    notInBronze: notInBronze(audit),
    unverifiable: countOf([...gaps.unverifiable, ...(gaps.unread ?? [])]),
    open: open.length,
  };
}

/** By dataset, those whose scheduled audit has run. */
export async function lastAudits(place: StagePlace): Promise<Record<string, LastAudit>> {
  const found: Record<string, LastAudit> = {};
  for (const manifest of await datasetsOf(place)) {
    const audit = await lastAudit(place, manifest);
    if (audit !== null) found[manifest.dataset] = audit;
  }
  return found;
}

const shown = (iso: string) => iso.slice(0, 19).replace('T', ' ');

function unsoundText(audit: LastAudit): string {
  const { lost, duplicated, disagreed, notInBronze, unverifiable, truncated } = audit;
  const counts = { lost, duplicated, disagreed, 'not in bronze': notInBronze, unverifiable };
  const words = Object.entries(counts).flatMap(([name, count]) =>
    count === 0 ? [] : [`${name} ${thousands(count)}`],
  );
  return `${truncated ? 'at least ' : ''}${words.join(', ')}`;
}

/** One line: when, of what range, with what result. */
export function lastAuditText(audit: LastAudit): string {
  const { from, to, finishedAt, sound, positions, inFlight } = audit;
  const result = sound ? `sound, ${thousands(positions)} positions` : `not sound: ${unsoundText(audit)}`;
  const waiting = inFlight > 0 ? `, ${thousands(inFlight)} under way` : '';
  return `${result}${waiting}; from ${shown(from)} to ${shown(to)}, run at ${shown(finishedAt)} UTC`;
}
