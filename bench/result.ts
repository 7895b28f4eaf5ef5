import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';

/** One number that a benchmark found, as the table shows it. */
export interface Figure {
  readonly what: string;
  /** Null, once it is kept: too few events for it (NaN, in JSON). */
  readonly value: number | null;
  /** `events/s`, `s`, `%`; '' for a ratio. */
  readonly unit: string;
  /** What it should be. */
  readonly aim?: string;
}

/** What a benchmark found out. */
export interface Findings {
  readonly figures: readonly Figure[];
  /** What the figures were computed from, for those who want to look closer. */
  readonly details: unknown;
}

/** What is kept of a run, in `bench/results/NAME.json`. */
export interface Result extends Findings {
  readonly benchmark: string;
  readonly title: string;
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly seconds: number;
  readonly machine: Machine;
}

const folder = fileURLToPath(new URL('./results', import.meta.url));

/** Five significant digits: more than a measurement is worth, and no more. */
export function rounded<T>(value: T): T {
  const text = JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'number' && !Number.isInteger(one) ? Number(one.toPrecision(5)) : one,
  );
  return JSON.parse(text) as T;
}

export async function writeResult(result: Result): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = `${folder}/${result.benchmark}.json`;
  await writeFile(file, `${JSON.stringify(result, undefined, 2)}\n`);
  return file;
}

/** The last result of a benchmark; undefined where there is none. */
export async function readResult(benchmark: string): Promise<Result | undefined> {
  const text = await readFile(`${folder}/${benchmark}.json`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Result);
}
