import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../../localstack/replace-file.ts';

/** UTC days of the partition time, both inclusive; null: without bound. */
export interface Days {
  readonly from: string | null;
  readonly to: string | null;
}

/** Rows that were rejected for the same reason. */
export interface Reason {
  readonly column: string;
  /** In words, without the value. */
  readonly detail: string;
  readonly count: number;
}

/** How far an import is: what is acknowledged, in the order of the file. */
export interface Counts {
  /** All of these: events + rejected + skipped. */
  readonly rows: number;
  readonly events: number;
  readonly rejected: number;
  /** Outside of the days. */
  readonly skipped: number;
  readonly reasons: readonly Reason[];
}

/** What is kept of an import, as JSON. */
export interface ImportState extends Counts {
  readonly dataset: string;
  readonly file: string;
  readonly source: string;
  readonly sha256: string;
  readonly days: Days;
  readonly done: boolean;
  /** ISO 8601, UTC. */
  readonly at: string;
}

export const nothing: Counts = { rows: 0, events: 0, rejected: 0, skipped: 0, reasons: [] };

const fileOf = (stateDir: string, dataset: string, identity: string): string =>
  join(stateDir, 'imports', `${dataset}-${identity.slice(0, 32)}.json`);

/** What was kept of the import; undefined: nothing that can be read. */
export async function readState(
  stateDir: string,
  dataset: string,
  identity: string,
): Promise<ImportState | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(stateDir, dataset, identity), 'utf8')) as ImportState;
  } catch {
    // To send rows again does no harm, so an import without its state begins anew.
    return undefined;
  }
}

/** Keeps the state; a reader sees the old one or the new one, never half of it. */
export async function writeState(stateDir: string, identity: string, state: ImportState): Promise<void> {
  const file = fileOf(stateDir, state.dataset, identity);
  await mkdir(join(stateDir, 'imports'), { recursive: true });
  await replaceFile(file, `${JSON.stringify(state, undefined, 2)}\n`);
}
