import { join } from 'node:path';
import { batchesIn } from '../demo/silver-log.ts';
import { lastLines, logFiles } from '../log-files.ts';

/** Times of the silver job's last micro-batches. */
export interface Batches {
  readonly counted: number;
  readonly lastSeconds: number;
  readonly lastRecords: number;
  readonly medianSeconds: number;
  readonly longestSeconds: number;
}

/** At most so many are looked at. */
const LAST = 20;
const LINES = 5_000;

/** From the job's log; null before its first batch. */
export async function batchesOf(stateDir: string, dataset: string): Promise<Batches | null> {
  const files = (await logFiles(join(stateDir, 'logs'))).filter(({ part }) => part.endsWith('-silver'));
  const lines = await Promise.all(files.map(async ({ path }) => (await lastLines(path, LINES)).lines));
  const batches = batchesIn(lines.flat(), dataset).slice(-LAST);
  const last = batches.at(-1);
  if (last === undefined) return null;
  const seconds = batches.map(({ totalSeconds }) => totalSeconds).sort((a, b) => a - b);
  return {
    counted: batches.length,
    lastSeconds: last.totalSeconds,
    lastRecords: last.counts.records,
    medianSeconds: seconds[Math.floor((seconds.length - 1) / 2)] ?? 0,
    longestSeconds: seconds.at(-1) ?? 0,
  };
}
