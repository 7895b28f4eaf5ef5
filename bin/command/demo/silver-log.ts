import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A line that the silver job prints after each batch. */
export interface BatchLine {
  readonly event: 'batch';
  readonly dataset: string;
  readonly counts: { readonly records: number };
  readonly totalSeconds: number;
}

/** Records a second while the silver job works on batches, from its log; 0 where there is none. */
export async function busyRate(logs: string, dataset: string): Promise<number> {
  const files = (await readdir(logs)).filter((name) => name.includes('silver') && name.endsWith('.log'));
  const texts = await Promise.all(files.map((name) => readFile(join(logs, name), 'utf8')));
  return rateOf(
    texts.flatMap((text) => text.split('\n')),
    dataset,
  );
}

export function rateOf(lines: readonly string[], dataset: string): number {
  const batches = batchesIn(lines, dataset);
  const seconds = batches.reduce((sum, batch) => sum + batch.totalSeconds, 0);
  return seconds === 0 ? 0 : batches.reduce((sum, batch) => sum + batch.counts.records, 0) / seconds;
}

/** The batches that the lines of a log tell of, in their order. */
export function batchesIn(lines: readonly string[], dataset: string): BatchLine[] {
  return lines.flatMap((line) => {
    const batch = parse(line);
    return batch?.event === 'batch' && batch.dataset === dataset ? [batch] : [];
  });
}

function parse(line: string): BatchLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
