import type { JobRun } from './job.ts';
import { median } from './statistics.ts';

/** What a run that ended with the topic's last record took; `warm`: from the end of its first batch on. */
export interface StreamRates {
  readonly records: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly processorSecondsPer1000: number;
  readonly warmRecordsPerSecond: number;
  readonly warmProcessorSecondsPer1000: number;
  /** Of the warm batches' seconds by the clock. */
  readonly phaseShares: Readonly<Record<string, number>>;
}

interface Batch {
  readonly atMs: number;
  readonly processorSeconds: number;
  readonly records: number;
  readonly phases: Readonly<Record<string, number>>;
}

/** From the lines of a run with at least two batches. A last, smaller batch shows what a batch costs, not a rate: it is left out of `warm`. */
export function streamRates(run: JobRun): StreamRates {
  const batches = run.lines.filter(({ event }) => event === 'batch').map(batchOf);
  const records = batches.reduce((sum, batch) => sum + batch.records, 0);
  const largest = Math.max(...batches.map((batch) => batch.records));
  const full = batches.filter((batch, at) => at === 0 || batch.records > largest / 2);
  const [first, ...later] = full;
  const end = full.at(-1);
  const warm = later.reduce((sum, batch) => sum + batch.records, 0);
  const since = (key: 'atMs' | 'processorSeconds') => (end?.[key] ?? 0) - (first?.[key] ?? 0);
  return {
    records,
    seconds: run.seconds,
    recordsPerSecond: records / run.seconds,
    processorSecondsPer1000: (1000 * run.processorSeconds) / records,
    warmRecordsPerSecond: (1000 * warm) / since('atMs'),
    warmProcessorSecondsPer1000: (1000 * since('processorSeconds')) / warm,
    phaseShares: sharesOf(later),
  };
}

function sharesOf(batches: readonly Batch[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { phases } of batches) {
    for (const [name, seconds] of Object.entries(phases)) sums[name] = (sums[name] ?? 0) + seconds;
  }
  const total = Object.values(sums).reduce((sum, seconds) => sum + seconds, 0);
  return Object.fromEntries(Object.entries(sums).map(([name, seconds]) => [name, seconds / total]));
}

function batchOf({ atMs, processorSeconds, facts }: JobRun['lines'][number]): Batch {
  const counts = facts.counts as { readonly records: number };
  return {
    atMs,
    processorSeconds,
    records: counts.records,
    phases: (facts.seconds ?? {}) as Batch['phases'],
  };
}

/** The median of one figure over several runs. */
export function medianOf(
  runs: readonly StreamRates[],
  key: Exclude<keyof StreamRates, 'phaseShares'>,
): number {
  return median(runs.map((run) => run[key]));
}
