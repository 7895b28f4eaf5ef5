import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetJobCommand,
  GetJobRunCommand,
  GetJobRunsCommand,
  type GlueClient,
  type JobRun,
  StartJobRunCommand,
} from '@aws-sdk/client-glue';
import { MillraceError } from '../../../lib/errors.ts';

/** States in which a run has not ended. */
const UNDER_WAY = new Set(['WAITING', 'STARTING', 'RUNNING', 'STOPPING']);

export function isUnderWay(run: JobRun): boolean {
  return UNDER_WAY.has(run.JobRunState ?? '');
}

export interface RunOptions {
  readonly glue: GlueClient;
  readonly jobName: string;
  /** By name with its dashes. */
  readonly arguments: Readonly<Record<string, string>>;
  /** @default 500 */
  readonly pollMs?: number;
  /** Told at each look what is going on. */
  readonly onLook?: (text: string, seconds: number) => void;
}

export interface JobEnd {
  readonly run: JobRun;
  /** True: a stream, which runs on; `run` is the one under way. */
  readonly streams: boolean;
}

/**
 * Starts a run of a job and waits for its end; where one is under way already, waits for that first. A stream is not
 * waited for: it is left running, and the one that runs already is as good.
 * @throws MillraceError MR842: the service refused
 */
export async function runJob(options: RunOptions): Promise<JobEnd> {
  const { glue, jobName } = options;
  const { Job } = await asked(jobName, () => glue.send(new GetJobCommand({ JobName: jobName })));
  const streams = Job?.Command?.Name === 'gluestreaming';
  const look = looking(options);
  for (;;) {
    const begun = await start(options);
    if (begun !== undefined) {
      return { streams, run: await until(options, begun, streams ? hasStarted : hasEnded, look('')) };
    }
    const { JobRuns } = await asked(jobName, () =>
      glue.send(new GetJobRunsCommand({ JobName: jobName, MaxResults: 10 })),
    );
    const other = (JobRuns ?? []).find(isUnderWay);
    // It ended between the refusal and the look.
    if (other?.Id === undefined) continue;
    if (streams) return { streams, run: other };
    await until(options, other.Id, hasEnded, look('waiting for the run under way: '));
  }
}

const hasEnded = (run: JobRun): boolean => !isUnderWay(run);
const hasStarted = (run: JobRun): boolean => run.JobRunState === 'RUNNING' || hasEnded(run);

function looking({ onLook }: RunOptions): (prefix: string) => (run: JobRun) => void {
  return (prefix) => (run) => {
    const seconds = (Date.now() - (run.StartedOn?.getTime() ?? Date.now())) / 1000;
    onLook?.(`${prefix}${run.JobRunState ?? 'STARTING'}`, Math.max(0, seconds));
  };
}

/** @returns the id of the run; undefined where the job runs as often as it may */
async function start({ glue, jobName, arguments: given }: RunOptions): Promise<string | undefined> {
  try {
    const started = await glue.send(new StartJobRunCommand({ JobName: jobName, Arguments: given }));
    return started.JobRunId;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConcurrentRunsExceededException') return undefined;
    throw refused(jobName, error);
  }
}

async function until(
  { glue, jobName, pollMs = 500 }: RunOptions,
  id: string,
  reached: (run: JobRun) => boolean,
  look: (run: JobRun) => void,
): Promise<JobRun> {
  for (;;) {
    const { JobRun: run = {} } = await asked(jobName, () =>
      glue.send(new GetJobRunCommand({ JobName: jobName, RunId: id })),
    );
    look(run);
    if (reached(run)) return run;
    await sleep(pollMs);
  }
}

async function asked<T>(jobName: string, ask: () => Promise<T>): Promise<T> {
  return ask().catch((error: unknown) => {
    throw refused(jobName, error);
  });
}

function refused(jobName: string, cause: unknown): MillraceError {
  const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new MillraceError('MR842', `Glue did not take the call: ${why}`, {
    where: `job ${jobName}`,
    mend: 'see `npx millrace status`; with --stage, check the AWS settings of the environment',
    cause,
  });
}
