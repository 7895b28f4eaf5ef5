import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../lib/errors.ts';
import { FIRST_BATCH_MS, RESTART } from '../differences.ts';
import type { Local } from '../local.ts';
import { createJobRuns, JobApiError, type JobRun, type LiveRun } from './job-runs.ts';
import type { ServiceExit } from './service.ts';
import { type Fetch, type JobDefinition, type PreparedJob, prepareJob, startRun } from './spark.ts';
import { type BatchHost, createBatchHost } from './spark-batch.ts';

type Arguments = Readonly<Record<string, string>>;

/** Runs what the templates declare as Glue jobs and triggers. */
export interface Jobs {
  /** False: nothing starts a job but who asks for it. */
  readonly enabled: boolean;
  define(job: JobDefinition): void;
  /** Starts the loop of a scheduled trigger: at once, again after each end. @throws MR431 for an unknown job */
  schedule(jobName: string, args: Arguments): void;
  /** The declared jobs, by name. */
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  /** Starts a run. @throws JobApiError for an unknown job, one that runs as often as it may, or when all stops */
  start(jobName: string, args: Arguments): JobRun;
  /** Runs of a job, the newest first. @throws JobApiError for an unknown job */
  runs(jobName: string): readonly JobRun[];
  /** @returns false where there is no such run under way */
  stopRun(jobName: string, runId: string): boolean;
  stop(): Promise<void>;
}

export interface JobsOptions {
  readonly local: Local;
  readonly fetch: Fetch;
  readonly log: (line: string) => void;
  /** False: neither triggers nor keep-alive start jobs. */
  readonly enabled: boolean;
}

interface Outcome {
  readonly ok: boolean;
  readonly error: string;
}

const STREAMING = 'gluestreaming';

/** Pause before the next start: by the length of the run after success, doubling with failures in a row. */
export function pauseMs(failures: number, tookMs = 0): number {
  if (failures === 0) return Math.min(Math.max(RESTART.afterEndMs, RESTART.rest * tookMs), RESTART.longestMs);
  return Math.min(RESTART.afterFailureMs * 2 ** (failures - 1), RESTART.longestMs);
}

/** What went wrong with a process, in a line: its signal, or what its log says last of an error. */
export function reasonOf({ code, signal, tail }: Pick<ServiceExit, 'code' | 'signal' | 'tail'>): string {
  if (signal !== null) return signal;
  const lines = tail.split('\n');
  const error = lines.findLast((line) => /^[\w.]*(Error|Exception)\b|^MR\d{3}/.test(line));
  return `exit code ${code}: ${error ?? lines.at(-1) ?? ''}`;
}

export function createJobs(options: JobsOptions): Jobs {
  const { local, log } = options;
  const definitions = new Map<string, JobDefinition>();
  const runs = createJobRuns();
  const hosts = new Map<string, BatchHost>();
  const under = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  const stopped = (): boolean => stopping.signal.aborted;

  const track = (work: Promise<unknown>): void => {
    under.add(work);
    void work.finally(() => under.delete(work));
  };
  const pause = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds, undefined, { signal: stopping.signal }).catch(() => undefined);
  };

  const streamingRun = async (job: PreparedJob, run: LiveRun): Promise<Outcome> => {
    const child = await startRun(job, local);
    run.started();
    if (run.stop.aborted) await child.stop();
    run.stop.addEventListener('abort', () => void child.stop(), { once: true });
    const exit = await child.ended;
    return { ok: exit.code === 0, error: reasonOf(exit) };
  };
  const batchRun = (job: PreparedJob, run: LiveRun): Promise<Outcome> => {
    const { key } = job.session;
    const name = hosts.size === 0 ? 'spark-batch' : `spark-batch-${hosts.size + 1}`;
    const host = hosts.get(key) ?? createBatchHost(name, job.session, local);
    hosts.set(key, host);
    return host.run(job, run);
  };
  /** Never rejects: a job that cannot be started is a failed run. */
  const attempt = async (definition: JobDefinition, run: LiveRun): Promise<Outcome> => {
    try {
      const given = { ...definition, arguments: { ...definition.arguments, ...run.now.arguments } };
      const job = await prepareJob(given, local, options.fetch);
      return await (definition.command === STREAMING ? streamingRun(job, run) : batchRun(job, run));
    } catch (error) {
      return { ok: false, error: `it cannot be started: ${String(error)}` };
    }
  };
  /** A run to its end, with its retries as Glue counts them; true where it ended well, or as asked. */
  const through = async (definition: JobDefinition, first: LiveRun): Promise<boolean> => {
    const { name, maxRetries } = definition;
    for (let run = first; ; ) {
      const outcome = await attempt(definition, run);
      run.ended(outcome);
      if (outcome.ok || run.stop.aborted || stopped()) return true;
      const again = run.now.attempt < maxRetries;
      const next = again ? `retry ${run.now.attempt + 1} of ${maxRetries}` : 'no retries left';
      log(`job ${name} failed (${outcome.error.split('\n')[0]}), ${next}`);
      if (!again) return false;
      await pause(RESTART.retryMs);
      if (stopped()) return true;
      const { jobName, arguments: given } = run.now;
      const { maxConcurrentRuns } = definition;
      if (runs.room(jobName, maxConcurrentRuns) !== undefined) {
        log(`job ${name} is not retried: another run of it was started meanwhile`);
        return false;
      }
      run = runs.begin({ jobName, maxConcurrentRuns, arguments: given, retryOf: run.now });
    }
  };
  /** Begins a run as soon as the job is free; undefined where everything stops. */
  const begin = async (
    { name, maxConcurrentRuns }: JobDefinition,
    args: Arguments,
  ): Promise<LiveRun | undefined> => {
    while (!stopped()) {
      const room = runs.room(name, maxConcurrentRuns);
      if (room === undefined) {
        return runs.begin({ jobName: name, maxConcurrentRuns, arguments: args });
      }
      await room;
    }
    return undefined;
  };
  const loop = async (definition: JobDefinition, args: Arguments): Promise<void> => {
    const streams = [...definitions.values()].some((job) => job.command === STREAMING);
    if (streams && definition.command !== STREAMING) await pause(FIRST_BATCH_MS);
    for (let failures = 0; !stopped(); ) {
      const run = await begin(definition, args);
      if (run === undefined) return;
      const begun = performance.now();
      failures = (await through(definition, run)) ? 0 : failures + 1;
      const batch = definition.command !== STREAMING;
      await pause(pauseMs(failures, batch ? performance.now() - begun : 0));
    }
  };
  const declared = (jobName: string): JobDefinition => {
    const definition = definitions.get(jobName);
    if (definition !== undefined) return definition;
    throw new JobApiError('EntityNotFoundException', `Job ${jobName} is not found`);
  };

  return {
    enabled: options.enabled,
    definitions,
    define: (job) => {
      definitions.set(job.name, job);
    },
    schedule: (jobName, args) => {
      const definition = definitions.get(jobName);
      if (definition === undefined) {
        throw new MillraceError('MR431', `a trigger starts the job ${jobName}, which no template declares`, {
          where: jobName,
          mend: 'declare the job, or remove the trigger',
        });
      }
      if (options.enabled && !stopped()) track(loop(definition, args));
    },
    start: (jobName, args) => {
      const definition = declared(jobName);
      const { maxConcurrentRuns } = definition;
      // What starts now would outlive the processes that are being stopped.
      if (stopped())
        throw new JobApiError(
          'InvalidInputException',
          `Job ${jobName} is not started: all services are being stopped`,
        );
      const run = runs.begin({ jobName, maxConcurrentRuns, arguments: args });
      track(through(definition, run));
      return run.now;
    },
    runs: (jobName) => runs.of(declared(jobName).name),
    stopRun: (jobName, runId) => runs.askToStop(declared(jobName).name, runId),
    stop: async () => {
      stopping.abort();
      runs.stopAll();
      await Promise.all([...hosts.values()].map((host) => host.stop()));
      await Promise.all(under);
    },
  };
}
