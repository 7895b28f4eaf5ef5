import type { Lab } from './lab.ts';
import type { Sent } from './records.ts';

/** What a scenario did. */
export interface Injected {
  readonly sent: readonly Sent[];
  /** How often the fault struck: kills, refused requests, ... At least 1, else nothing was tried. */
  readonly injections: number;
  /** Seconds from each kill until the part worked again. */
  readonly recoverySeconds?: readonly number[];
  /** Further conditions that do not hold, in words. @default none */
  readonly faults?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** What is done to the run, in words. */
  readonly fault: string;
  /** Of the few that run with the tests. @default false */
  readonly quick?: boolean;
  /** Also compares gold, which costs a run of its jobs. @default false */
  readonly gold?: boolean;
  run(lab: Lab, seed: number): Promise<Injected>;
}
