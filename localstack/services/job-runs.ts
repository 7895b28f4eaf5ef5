import { randomUUID } from 'node:crypto';

/** States of a run, by Glue's names. */
export type JobRunState = 'STARTING' | 'RUNNING' | 'STOPPING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED';

/** One run of a job, as far as it has come. */
export interface JobRun {
  readonly id: string;
  readonly jobName: string;
  /** 0 of a run that was started; n of its n-th retry. */
  readonly attempt: number;
  /** The failed run that this one is a retry of. */
  readonly previousRunId?: string;
  /** What was given for this run alone; the job's own arguments come beside them. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly state: JobRunState;
  /** Epoch milliseconds. */
  readonly startedMs: number;
  readonly modifiedMs: number;
  readonly completedMs?: number;
  /** '' where nothing went wrong. */
  readonly error: string;
}

/** A run by the one who carries it out. */
export interface LiveRun {
  readonly now: JobRun;
  /** Aborted when the run is asked to stop. */
  readonly stop: AbortSignal;
  started(): void;
  ended(outcome: { readonly ok: boolean; readonly error: string }): void;
}

/** What Glue refuses, by the names of its exceptions. */
export class JobApiError extends Error {
  readonly type: 'ConcurrentRunsExceededException' | 'EntityNotFoundException' | 'InvalidInputException';

  constructor(type: JobApiError['type'], message: string) {
    super(message);
    this.type = type;
  }
}

interface Begin {
  readonly jobName: string;
  readonly maxConcurrentRuns: number;
  readonly arguments: Readonly<Record<string, string>>;
  readonly retryOf?: JobRun;
}

/** The runs of all jobs, scheduled ones too: every run begins here and is written down here. */
export interface JobRuns {
  /** @throws JobApiError ConcurrentRunsExceededException */
  begin(begin: Begin): LiveRun;
  /** The newest first; the oldest are forgotten. */
  of(jobName: string): readonly JobRun[];
  /** @returns false where the run has ended, or there is none */
  askToStop(jobName: string, id: string): boolean;
  /** Resolves when one of the job's runs has ended; undefined where it may begin another at once. */
  room(jobName: string, maxConcurrentRuns: number): Promise<void> | undefined;
  stopAll(): void;
}

/** Of each job. A stream of failures must not fill the memory. */
const KEPT = 100;

interface Entry {
  run: JobRun;
  readonly stop: AbortController;
  readonly over: PromiseWithResolvers<void>;
}

const isOver = ({ run }: Entry): boolean => run.completedMs !== undefined;

export function createJobRuns(clock: () => number = Date.now): JobRuns {
  const entries = new Map<string, Entry[]>();
  const living = (jobName: string): Entry[] => (entries.get(jobName) ?? []).filter((one) => !isOver(one));

  const change = (entry: Entry, changes: Partial<JobRun>): void => {
    entry.run = { ...entry.run, ...changes, modifiedMs: clock() };
  };
  const end = (entry: Entry, ok: boolean, error: string): void => {
    const stopped = entry.stop.signal.aborted && !ok;
    const state = stopped ? 'STOPPED' : ok ? 'SUCCEEDED' : 'FAILED';
    change(entry, { state, error: stopped || ok ? '' : error, completedMs: clock() });
    entry.over.resolve();
  };
  const askToStop = (entry: Entry): void => {
    change(entry, { state: 'STOPPING' });
    entry.stop.abort();
  };

  return {
    begin: ({ jobName, maxConcurrentRuns, arguments: given, retryOf }) => {
      if (living(jobName).length >= maxConcurrentRuns) {
        const message = `Concurrent runs exceeded for ${jobName}`;
        throw new JobApiError('ConcurrentRunsExceededException', message);
      }
      const attempt = retryOf === undefined ? 0 : retryOf.attempt + 1;
      const stem =
        retryOf === undefined
          ? `jr_${randomUUID().replaceAll('-', '')}`
          : retryOf.id.replace(/_attempt_\d+$/, '');
      const run: JobRun = {
        id: attempt === 0 ? stem : `${stem}_attempt_${attempt}`,
        jobName,
        attempt,
        ...(retryOf === undefined ? {} : { previousRunId: retryOf.id }),
        arguments: given,
        state: 'STARTING',
        startedMs: clock(),
        modifiedMs: clock(),
        error: '',
      };
      const entry: Entry = { run, stop: new AbortController(), over: Promise.withResolvers<void>() };
      entries.set(jobName, [entry, ...(entries.get(jobName) ?? [])].slice(0, KEPT));
      return {
        get now() {
          return entry.run;
        },
        stop: entry.stop.signal,
        started: () => {
          if (entry.run.state === 'STARTING') change(entry, { state: 'RUNNING' });
        },
        ended: ({ ok, error }) => end(entry, ok, error),
      };
    },
    of: (jobName) => (entries.get(jobName) ?? []).map(({ run }) => run),
    askToStop: (jobName, id) => {
      const entry = living(jobName).find(({ run }) => run.id === id);
      if (entry !== undefined) askToStop(entry);
      return entry !== undefined;
    },
    room: (jobName, maxConcurrentRuns) => {
      const busy = living(jobName);
      if (busy.length < maxConcurrentRuns) return undefined;
      return Promise.race(busy.map(({ over }) => over.promise));
    },
    stopAll: () => {
      for (const jobName of entries.keys()) living(jobName).forEach(askToStop);
    },
  };
}
