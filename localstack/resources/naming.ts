import { createHash } from 'node:crypto';
import type { Context } from './resource.ts';

/** Twelve characters that are the same at each run, where CloudFormation would draw them at random. */
function suffix(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 12);
}

/** A physical name for a resource that the template leaves unnamed, of CloudFormation's form, the same at each run. */
export function physicalName(stackName: string, logicalId: string, longest = 63): string {
  const end = suffix(stackName, logicalId);
  const start = `${stackName}-${logicalId}`.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  return `${start.slice(0, longest - end.length - 1).replace(/-+$/, '')}-${end}`;
}

/** A UUID of a resource, the same at each run. */
export function physicalUuid(stackName: string, logicalId: string): string {
  const hex = createHash('sha256').update(`${stackName}/${logicalId}/uuid`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** An ARN in the local account; `regional: false` for services with none in it (IAM, S3 has neither). */
export function arn(
  context: Pick<Context, 'local'>,
  service: string,
  resource: string,
  regional = true,
): string {
  const { account, partition, region } = context.local;
  return `arn:${partition}:${service}:${regional ? region : ''}:${account}:${resource}`;
}
