import {
  type ApplicationState,
  type ApplicationSummary,
  type EMRServerlessClient,
  paginateListApplications,
  StopApplicationCommand,
  ValidationException,
} from '@aws-sdk/client-emr-serverless';
import { cancelRuns, liveRuns } from '../../../lambdas/keep-alive/emr-serverless.ts';
import type { Halt } from './halt-jobs.ts';

/** States in which an application can be deleted. */
const atRest: ReadonlySet<ApplicationState | undefined> = new Set(['CREATED', 'STOPPED']);

/** The runs of a stage's application, cancelled; then the application, stopped. */
export function emrHalt(client: EMRServerlessClient, stage: string): Halt {
  return async () => {
    const found: ApplicationSummary[] = [];
    for await (const { applications = [] } of paginateListApplications({ client }, {}))
      found.push(
        ...applications.filter(({ name, state }) => name === `millrace-${stage}` && state !== 'TERMINATED'),
      );
    return (await Promise.all(found.map((one) => stopped(client, one)))).flat();
  };
}

async function stopped(
  client: EMRServerlessClient,
  { id = '', state }: ApplicationSummary,
): Promise<string[]> {
  const runs = await liveRuns(client, id);
  const live = runs.filter(({ phase }) => phase === 'live').map((run) => run.id);
  await cancelRuns(client, id, live);
  if (runs.length > 0) return runs.map((run) => `application ${id}, run ${run.id}`);
  if (atRest.has(state)) return [];
  const refusal = state === 'STARTED' ? await stopApplication(client, id) : undefined;
  return [`application ${id}, ${refusal ?? state}`];
}

/** @returns why EMR does not stop it yet: it still takes note of runs that have ended, or a new one came */
async function stopApplication(client: EMRServerlessClient, applicationId: string) {
  try {
    await client.send(new StopApplicationCommand({ applicationId }));
    return undefined;
  } catch (error) {
    if (error instanceof ValidationException) return error.message;
    throw error;
  }
}
