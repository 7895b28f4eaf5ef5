import type { Manifest } from '../lib/contract/manifest.ts';
import type { Lab } from './lab.ts';
import type { Findings } from './result.ts';

/** What a benchmark is given. What takes long to make is made once and shared by the benchmarks of a command. */
export interface Bench {
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** A run without jobs. */
  lab(): Promise<Lab>;
  /** The same with one week of events in its topic and in bronze. @returns records in the topic */
  topic(): Promise<number>;
  /** A database whose silver holds that week, as the shipped job wrote it. */
  week(): Promise<string>;
  /** Stops the shared run: for benchmarks that need another, or the machine for themselves. */
  release(): Promise<void>;
}

export interface Benchmark {
  readonly title: string;
  run(bench: Bench): Promise<Findings>;
}
