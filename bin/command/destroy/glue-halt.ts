import {
  EntityNotFoundException,
  type GlueClient,
  paginateGetTriggers,
  StopTriggerCommand,
  type Trigger,
} from '@aws-sdk/client-glue';
import { glueRuns } from '../../../lambdas/keep-alive/glue.ts';
import type { Run } from '../../../lambdas/keep-alive/run.ts';
import { jobsOf } from '../run/job-name.ts';
import type { Halt } from './halt-jobs.ts';

/** States in which a trigger starts nothing, and will not by itself. */
const atRest: ReadonlySet<string> = new Set(['CREATED', 'DEACTIVATED', 'DELETING']);

/** The triggers of a stage, switched off. */
export function triggersHalt(glue: GlueClient, stage: string): Halt {
  return async () => {
    const awake = (await triggersOf(glue, stage)).filter(({ State = '' }) => !atRest.has(State));
    for (const { Name, State } of awake)
      if (State === 'ACTIVATED') await glue.send(new StopTriggerCommand({ Name }));
    return awake.map(({ Name, State }) => `trigger ${Name}, ${State}`);
  };
}

async function triggersOf(glue: GlueClient, stage: string): Promise<Trigger[]> {
  const found: Trigger[] = [];
  for await (const { Triggers = [] } of paginateGetTriggers({ client: glue }, {})) found.push(...Triggers);
  return found.filter(({ Name = '' }) => Name.startsWith(`millrace-${stage}-`));
}

/** The runs of a stage's jobs, stopped. */
export async function glueRunsHalt(glue: GlueClient, stage: string): Promise<Halt> {
  const jobs = await jobsOf(glue, stage);
  return async () => (await Promise.all(jobs.map(({ name }) => stopped(glue, name)))).flat();
}

async function stopped(glue: GlueClient, job: string): Promise<string[]> {
  const { runs, stop } = glueRuns(glue, job);
  const left = (await unlessGone(runs())).filter(({ phase }) => phase !== 'ended');
  const live = left.filter(({ phase }) => phase === 'live').map(({ id }) => id);
  if (live.length > 0) await stop(live);
  return left.map(({ id }) => `job ${job}, run ${id}`);
}

/** A job that was deleted since it was listed has no runs that could be asked for. */
async function unlessGone(runs: Promise<Run[]>): Promise<Run[]> {
  return runs.catch((error: unknown) => {
    if (error instanceof EntityNotFoundException) return [];
    throw error;
  });
}
