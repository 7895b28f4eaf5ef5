import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../lib/errors.ts';
import { FIRST_BATCH_MS, RESTART } from '../differences.ts';
import type { Local } from '../local.ts';
import type { ServiceExit } from './service.ts';
import { type Fetch, type JobDefinition, type PreparedJob, prepareJob, startRun } from './spark.ts';
import { type BatchHost, createBatchHost } from './spark-batch.ts';

/** Runs what the templates declare as Glue jobs and triggers. */
export interface Jobs {
  define(job: JobDefinition): void;
  /** Starts the loop of a scheduled trigger: at once, again after each end. @throws MR431 for an unknown job */
  schedule(jobName: string, args: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

export interface JobsOptions {
  readonly local: Local;
  readonly fetch: Fetch;
  readonly log: (line: string) => void;
  /** False: triggers are not started. */
  readonly enabled: boolean;
}

interface Outcome {
  readonly ok: boolean;
  readonly error: string;
}

const STREAMING = 'gluestreaming';

/** Pause before the next start: short after success, doubling with failures in a row. */
export function pauseMs(failures: number): number {
  if (failures === 0) return RESTART.afterEndMs;
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
  const hosts = new Map<string, BatchHost>();
  const loops: Promise<void>[] = [];
  const stopping = new AbortController();
  const running = new Map<string, () => Promise<void>>();
  const stopped = (): boolean => stopping.signal.aborted;

  const streamingRun = async (job: PreparedJob): Promise<Outcome> => {
    const child = await startRun(job, local);
    running.set(job.definition.name, child.stop);
    if (stopped()) await child.stop();
    const exit = await child.ended;
    running.delete(job.definition.name);
    return { ok: exit.code === 0, error: reasonOf(exit) };
  };
  const batchRun = (job: PreparedJob): Promise<Outcome> => {
    const { key } = job.session;
    const name = hosts.size === 0 ? 'spark-batch' : `spark-batch-${hosts.size + 1}`;
    const host = hosts.get(key) ?? createBatchHost(name, job.session, local);
    hosts.set(key, host);
    return host.run(job);
  };
  const pause = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds, undefined, { signal: stopping.signal }).catch(() => undefined);
  };

  /** One job run with its retries, as Glue counts them: `maxRetries` further attempts after a failure. */
  const attempts = async (job: PreparedJob): Promise<boolean> => {
    const { command, maxRetries, name } = job.definition;
    const run = command === STREAMING ? streamingRun : batchRun;
    for (let attempt = 0; attempt <= maxRetries && !stopped(); attempt += 1) {
      const outcome = await run(job);
      if (outcome.ok) return true;
      if (stopped()) return false;
      const again = attempt < maxRetries;
      const next = again
        ? `retry ${attempt + 1} of ${maxRetries}`
        : 'no retries left, its trigger starts it again';
      log(`job ${name} failed (${outcome.error.split('\n')[0]}), ${next}`);
      if (again) await pause(RESTART.retryMs);
    }
    return false;
  };
  const loop = async (definition: JobDefinition): Promise<void> => {
    const streams = [...definitions.values()].some((job) => job.command === STREAMING);
    if (streams && definition.command !== STREAMING) await pause(FIRST_BATCH_MS);
    for (let failures = 0; !stopped(); ) {
      try {
        const job = await prepareJob(definition, local, options.fetch);
        failures = (await attempts(job)) ? 0 : failures + 1;
      } catch (error) {
        failures += 1;
        if (!stopped()) log(`job ${definition.name} cannot be started: ${String(error)}`);
      }
      await pause(pauseMs(failures));
    }
  };

  return {
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
      if (!options.enabled || stopped()) return;
      loops.push(loop({ ...definition, arguments: { ...definition.arguments, ...args } }));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([...running.values()].map((stop) => stop()));
      await Promise.all([...hosts.values()].map((host) => host.stop()));
      await Promise.all(loops);
    },
  };
}
