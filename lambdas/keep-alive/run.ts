/** A run of a job, in the terms that both runtimes share. */
export interface Run {
  readonly id: string;
  readonly phase: 'live' | 'stopping' | 'ended';
  /** Of an ended one: not by its own will, nor by that of whoever stopped it. */
  readonly failed: boolean;
  /** Undefined of a run that somebody else started, without saying it. */
  readonly release: string | undefined;
  readonly startedMs: number;
  /** Since when its last attempt runs, where the runtime repeats attempts within a run; undefined: since it started. */
  readonly attemptMs?: number | undefined;
  /** Of an ended one. */
  readonly endedMs: number | undefined;
  /** What the runtime says of a failure; it may have been cut short. */
  readonly error: string;
}

/** What a run is started with. */
export interface Start {
  /** The same for the same decision: where a runtime knows such tokens, two deliveries of one event start one run. */
  readonly token: string;
}

/** What runs jobs. Both answer with the newest run first. */
export interface Runtime {
  /** All that live, and of those that ended as many as a decision looks at. */
  runs(): Promise<Run[]>;
  /** Id of the run; undefined where another start came first. */
  start(how: Start): Promise<string | undefined>;
  stop(ids: readonly string[]): Promise<void>;
}
