import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../lib/errors.ts';
import type { AwsService } from '../../localstack/clients.ts';
import { runningState, type State } from '../../localstack/state.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of everything a clone's runs leave behind. */
export const millraceFolder = join(root, '.millrace');

/** Where `millrace up` keeps its run: `.millrace/up`, or the folder that MILLRACE_STATE names (tests run beside it). */
export const upFolder = process.env.MILLRACE_STATE ?? join(millraceFolder, 'up');

/** A local run that the commands speak to. */
export interface Running {
  readonly stateDir: string;
  readonly state: State;
}

/** @throws MillraceError `code`: nothing runs from this state folder */
export async function running(code: `MR${number}`, stateDir = upFolder): Promise<Running> {
  const state = await runningState(stateDir);
  if (state !== undefined) return { stateDir, state };
  throw new MillraceError(code, 'nothing is running', {
    where: stateDir,
    mend: 'run `npx millrace up`, and wait until it has returned',
  });
}

type Resource = State['resources'][string];

/** The first resource of a type that the condition holds for. @throws MillraceError MR503 */
export function resourceOf(
  state: State,
  type: string,
  wanted: (logicalId: string, resource: Resource) => boolean,
): Resource {
  for (const [path, resource] of Object.entries(state.resources)) {
    if (resource.type === type && wanted(path.split('/').at(-1) ?? '', resource)) return resource;
  }
  throw new MillraceError('MR503', `the run lacks a resource of type ${type}`, {
    where: 'state.json',
    mend: 'run `npx millrace down`, then `npx millrace up`, so that the run has the resources of the templates',
  });
}

/** Name of one of the lake's buckets: `State`, `Bronze`, `Failures`, ... */
export function bucketOf(state: State, logicalId: string): string {
  return resourceOf(state, 'AWS::S3::Bucket', (id) => id === logicalId).id;
}

/** Client settings that lead an AWS SDK to the local services. */
export function awsSettings(state: State, service: AwsService) {
  return {
    endpoint: state.endpoints[service],
    region: state.region,
    credentials: {
      accessKeyId: state.credentials.accessKeyId,
      secretAccessKey: state.credentials.secretAccessKey,
    },
  };
}
