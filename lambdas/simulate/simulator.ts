import type { Random } from './random.ts';

/** An event as its JSON object: nested as the contract's paths say. */
export type Event = Record<string, unknown>;

/**
 * What a dataset knows about its own events. Everything else of a run (order, duplicates, broken records) is the
 * same for all datasets.
 */
export interface Simulator {
  /**
   * The `i`-th event, valid by the contract, its partition time and observed time at `eventTimeMs` (epoch
   * milliseconds). Two calls with different `i` must give different identities.
   */
  event(i: number, random: Random, eventTimeMs: number): Event;
  /** The same fact told differently: identity, key and times kept, at least one other column changed, still valid. */
  conflicting(event: Event, random: Random): Event;
}

/** Makes a dataset's simulator; `seed` fixes what lasts for a whole run (which device is of which type). */
export type SimulatorFactory = (seed: number) => Simulator;
