import {
  BatchStopJobRunCommand,
  ConcurrentRunsExceededException,
  GetJobRunsCommand,
  type GlueClient,
  type JobRun,
  type JobRunState,
  StartJobRunCommand,
} from '@aws-sdk/client-glue';
import { MillraceError } from '../../lib/errors.ts';
import { RUNS_LOOKED_AT } from './decision.ts';
import { type JobPlan, RELEASE } from './plan.ts';
import type { Run, Runtime } from './run.ts';

type State = Pick<Run, 'phase' | 'failed'>;

const live: State = { phase: 'live', failed: false };
const ended: State = { phase: 'ended', failed: false };
const failed: State = { phase: 'ended', failed: true };

const states: Readonly<Record<JobRunState, State>> = {
  STARTING: live,
  RUNNING: live,
  WAITING: live,
  STOPPING: { phase: 'stopping', failed: false },
  STOPPED: ended,
  SUCCEEDED: ended,
  // The weekly maintenance window: Glue starts the next run itself, or keep-alive does.
  EXPIRED: ended,
  FAILED: failed,
  TIMEOUT: failed,
  ERROR: failed,
};

function runOf({ Id = '', JobRunState, StartedOn, CompletedOn, LastModifiedOn, ...run }: JobRun): Run {
  // A state that is newer than this code is taken for life: two runs would be worse than none.
  const { phase, failed: hasFailed } = states[JobRunState ?? 'RUNNING'] ?? live;
  return {
    id: Id,
    phase,
    failed: hasFailed,
    release: run.Arguments?.[RELEASE],
    startedMs: StartedOn?.getTime() ?? 0,
    endedMs: phase === 'ended' ? (CompletedOn ?? LastModifiedOn)?.getTime() : undefined,
    error: run.ErrorMessage ?? '',
  };
}

/** The runs of a job on Glue. */
export function glueRuns(glue: GlueClient, job: string): Pick<Runtime, 'runs' | 'stop'> {
  // Glue answers with the newest first.
  const runs = async (): Promise<Run[]> => {
    const { JobRuns = [] } = await glue.send(
      new GetJobRunsCommand({ JobName: job, MaxResults: RUNS_LOOKED_AT + 1 }),
    );
    return JobRuns.map(runOf);
  };
  return {
    runs,
    async stop(ids) {
      const { Errors = [] } = await glue.send(
        new BatchStopJobRunCommand({ JobName: job, JobRunIds: [...ids] }),
      );
      if (Errors.length === 0) return;
      // One that has ended meanwhile cannot be stopped, by whatever code Glue says so.
      const over = new Set((await runs()).filter(({ phase }) => phase === 'ended').map(({ id }) => id));
      const refused = Errors.filter(({ JobRunId = '' }) => !over.has(JobRunId));
      if (refused.length === 0) return;
      throw new MillraceError(
        'MR901',
        `a run could not be stopped: ${refused.map(({ ErrorDetail }) => ErrorDetail?.ErrorMessage).join(', ')}`,
        {
          where: `job ${job}, ${refused.map(({ JobRunId }) => JobRunId).join(', ')}`,
          mend: 'stop it in the console of AWS Glue',
        },
      );
    },
  };
}

/** The job of a plan on Glue, which allows one run of it at a time. */
export function glueRuntime(glue: GlueClient, plan: JobPlan): Runtime {
  const { job } = plan;
  return {
    ...glueRuns(glue, job),
    async start() {
      try {
        const { JobRunId } = await glue.send(
          new StartJobRunCommand({ JobName: job, Arguments: { ...plan.arguments, [RELEASE]: plan.release } }),
        );
        return JobRunId;
      } catch (error) {
        // Glue's own retry, or a second delivery of this event.
        if (error instanceof ConcurrentRunsExceededException) return undefined;
        throw error;
      }
    },
  };
}
