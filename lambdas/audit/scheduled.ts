import { type AuditPlace, auditDataset, type DatasetConclusion } from './dataset-audit.ts';
import { isSound } from './equation.ts';
import { type AuditProgress, type OpenBreach, readAudit, writeAudit } from './lake-state.ts';
import { coalesced } from './open-breaches.ts';
import { together } from './together.ts';

/** What may be asked of one run; ISO 8601. */
export interface Asked {
  /** @default where the last audit ended */
  readonly from?: string;
  /** At most now. @default now, less the settling time */
  readonly to?: string;
}

/** Instants of ISO 8601 in UTC: `from` included, `to` not. */
export type Range = OpenBreach;

/** One range of times, and what an audit of it found. */
export interface Audited {
  readonly times: Range;
  readonly found: DatasetConclusion;
}

/** Younger records may merely be under way: an audit may look at them, and no later one is spared of it. */
const SETTLING_MS = 15 * 60_000;
/** The most of new times that one run audits: what a day's outage of the audit left is caught up in steps. */
const STEP_MS = 24 * 3_600_000;

const isoOf = (ms: number) => new Date(ms).toISOString();

/** The times of the next run; undefined: there is nothing new. */
export function nextTimes(auditedTo: string | undefined, asked: Asked, nowMs: number): Range | undefined {
  const latest = asked.to === undefined ? nowMs - SETTLING_MS : Math.min(nowMs, Date.parse(asked.to));
  const from = Date.parse(asked.from ?? auditedTo ?? isoOf(latest - STEP_MS));
  const to = Math.min(latest, from + STEP_MS);
  return to > from ? { from: isoOf(from), to: isoOf(to) } : undefined;
}

/** True where a range begins after all that was audited: to go on from its end is to leave times out. */
export function leavesOut(auditedTo: string | undefined, { from }: Asked): boolean {
  return auditedTo !== undefined && from !== undefined && Date.parse(from) > Date.parse(auditedTo);
}

/** What one run audits: the new times, and the open breaches that they do not hold. */
export function rangesOf(times: Range | undefined, open: readonly Range[]): Range[] {
  if (times === undefined) return [...open];
  return [times, ...open.filter(({ from, to }) => from < times.from || to > times.to)];
}

/**
 * What is written down of a run. It goes on where all is through, sound or not: what is not sound stays open, and is
 * audited by each run until it is mended.
 * @param before where the audits before have come to
 * @param times the new ones, which `audited` begins with; undefined: `audited` has open breaches alone
 */
export function progressOf(
  before: string | undefined,
  times: Range | undefined,
  audited: readonly Audited[],
  nowMs: number,
): AuditProgress {
  const [first] = audited;
  const settled = isoOf(nowMs - SETTLING_MS);
  const came = times === undefined ? undefined : times.to < settled ? times.to : settled;
  const through = times !== undefined && first?.found.inFlight === 0;
  const known = before ?? times?.from ?? settled;
  const auditedTo = through && came !== undefined && came > known ? came : known;
  // What the next run looks at anyway is not open.
  const open = audited.flatMap(({ times: { from, to }, found }) =>
    isSound(found.audit, found.gaps) || from >= auditedTo
      ? []
      : [{ from, to: to < auditedTo ? to : auditedTo }],
  );
  return {
    ...(times ?? { from: known, to: known }),
    auditedTo,
    sound: audited.every(({ found }) => isSound(found.audit, found.gaps)),
    open: coalesced(open),
    ...together(audited.map(({ found }) => found)),
    finishedAt: new Date().toISOString(),
  };
}

/**
 * Audits what Kafka took since the last audit, and the open breaches; writes down what it found, unless times between
 * would be left out.
 * @returns undefined where there was nothing to audit
 */
export async function auditSince(
  place: AuditPlace,
  asked: Asked,
  nowMs = Date.now(),
): Promise<AuditProgress | undefined> {
  const { s3, stateBucket, manifest } = place;
  const before = await readAudit(s3, stateBucket, manifest);
  const times = nextTimes(before?.auditedTo, asked, nowMs);
  const aside = leavesOut(before?.auditedTo, asked);
  const audited: Audited[] = [];
  for (const range of rangesOf(times, aside ? [] : (before?.open ?? []))) {
    audited.push({ times: range, found: await auditDataset(place, { whole: false, times: range }) });
  }
  if (audited.length === 0) return undefined;
  const progress = progressOf(before?.auditedTo, times, audited, nowMs);
  if (before !== undefined && aside)
    return { ...progress, auditedTo: before.auditedTo, open: before.open ?? [] };
  await writeAudit(s3, stateBucket, manifest, progress);
  return progress;
}
