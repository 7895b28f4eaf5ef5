import {
  CancelJobRunCommand,
  type EMRServerlessClient,
  type JobRunState,
  type JobRunSummary,
  type ListJobRunsCommandInput,
  paginateListJobRuns,
  StartJobRunCommand,
  ValidationException,
} from '@aws-sdk/client-emr-serverless';
import { MillraceError } from '../../lib/errors.ts';
import { type EmrRequest, type JobPlan, RELEASE } from './plan.ts';
import type { Run, Runtime } from './run.ts';

type State = Pick<Run, 'phase' | 'failed'>;

const live: State = { phase: 'live', failed: false };
const ended: State = { phase: 'ended', failed: false };

const states: Readonly<Record<JobRunState, State>> = {
  SUBMITTED: live,
  QUEUED: live,
  PENDING: live,
  SCHEDULED: live,
  RUNNING: live,
  CANCELLING: { phase: 'stopping', failed: false },
  CANCELLED: ended,
  SUCCESS: ended,
  FAILED: { phase: 'ended', failed: true },
};

const stateNames = Object.keys(states) as JobRunState[];
const endedStates = stateNames.filter((name) => states[name].phase === 'ended');
const liveStates = stateNames.filter((name) => states[name].phase !== 'ended');

/**
 * How far back ended runs are looked for: where each fails within ten minutes, as many lie in it, with the longest pause
 * between them, as make the pause the longest.
 */
const LOOKED_BACK_MS = 12 * 3_600_000;

/** EMR Serverless has no jobs: a run's name says whose it is, and of which release. */
const nameOf = ({ job, release }: Pick<JobPlan, 'job' | 'release'>): string => `${job}@${release}`;

function runOf({
  id = '',
  name = '',
  state,
  createdAt,
  updatedAt,
  stateDetails,
  ...run
}: JobRunSummary): Run {
  // A state that is newer than this code is taken for life: two runs would be worse than none.
  const { phase, failed } = (state === undefined ? undefined : states[state]) ?? live;
  return {
    id,
    phase,
    failed,
    release: name.slice(name.lastIndexOf('@') + 1),
    startedMs: createdAt?.getTime() ?? 0,
    attemptMs: run.attemptCreatedAt?.getTime(),
    endedMs: phase === 'ended' ? (run.attemptUpdatedAt ?? updatedAt)?.getTime() : undefined,
    error: stateDetails ?? '',
  };
}

/** `--name value` pairs, those of `over` in place of the ones there. */
export function argumentsWith(given: readonly string[], over: Readonly<Record<string, string>>): string[] {
  const pairs = given.flatMap((name, index) =>
    index % 2 === 0 ? [[name, given[index + 1] ?? ''] as const] : [],
  );
  return Object.entries({ ...Object.fromEntries(pairs), ...over }).flat();
}

async function listed(
  client: EMRServerlessClient,
  input: Pick<ListJobRunsCommandInput, 'applicationId' | 'states' | 'mode' | 'createdAtAfter'>,
): Promise<JobRunSummary[]> {
  const found: JobRunSummary[] = [];
  for await (const page of paginateListJobRuns({ client, pageSize: 50 }, input))
    found.push(...(page.jobRuns ?? []));
  return found;
}

/** What lives of an application's runs, whatever job they are of. */
export async function liveRuns(client: EMRServerlessClient, applicationId: string): Promise<Run[]> {
  return (await listed(client, { applicationId, states: liveStates })).map(runOf);
}

export async function cancelRuns(
  client: EMRServerlessClient,
  applicationId: string,
  ids: readonly string[],
): Promise<void> {
  for (const jobRunId of ids)
    await client.send(new CancelJobRunCommand({ applicationId, jobRunId })).catch((error: unknown) => {
      // It has ended meanwhile.
      if (!(error instanceof ValidationException)) throw error;
    });
}

/** The job of a plan on EMR Serverless. @throws MillraceError MR902 for a plan without a request */
export function emrServerlessRuntime(client: EMRServerlessClient, plan: JobPlan): Runtime {
  const request = requestOf(plan);
  const { applicationId } = request;
  const own = async (
    input: Pick<ListJobRunsCommandInput, 'states' | 'mode' | 'createdAtAfter'>,
  ): Promise<JobRunSummary[]> =>
    (await listed(client, { applicationId, ...input })).filter(({ name = '' }) =>
      name.startsWith(`${plan.job}@`),
    );
  return {
    async runs() {
      const found = await own({ states: liveStates });
      // What ended matters only where a run must be started again.
      if (plan.keep === 'running')
        found.push(
          ...(await own({
            states: endedStates,
            mode: request.mode,
            createdAtAfter: new Date(Date.now() - LOOKED_BACK_MS),
          })),
        );
      return found.map(runOf).sort((one, other) => other.startedMs - one.startedMs);
    },
    async start({ token }) {
      const { sparkSubmit } = request.jobDriver;
      const { jobRunId } = await client.send(
        new StartJobRunCommand({
          ...request,
          name: nameOf(plan),
          clientToken: token,
          jobDriver: {
            sparkSubmit: {
              ...sparkSubmit,
              entryPointArguments: argumentsWith(sparkSubmit.entryPointArguments, {
                ...plan.arguments,
                [RELEASE]: plan.release,
              }),
            },
          },
        }),
      );
      return jobRunId;
    },
    stop: (ids) => cancelRuns(client, applicationId, ids),
  };
}

function requestOf({ emr, job }: JobPlan): EmrRequest {
  if (emr !== undefined) return emr;
  throw new MillraceError('MR902', 'the plan has no request for EMR Serverless', {
    where: `job ${job}`,
    mend: 'deploy the Process stack again, which writes it',
  });
}
