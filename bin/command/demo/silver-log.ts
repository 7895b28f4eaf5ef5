import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A line that the silver job prints after each batch. */
interface BatchLine {
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
  let records = 0;
  let seconds = 0;
  for (const line of lines) {
    const batch = parse(line);
    if (batch?.event !== 'batch' || batch.dataset !== dataset) continue;
    records += batch.counts.records;
    seconds += batch.totalSeconds;
  }
  return seconds === 0 ? 0 : records / seconds;
}

function parse(line: string): BatchLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
