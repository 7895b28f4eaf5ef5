import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import type { GlueClient } from '@aws-sdk/client-glue';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Stage } from '../../../lib/stages.ts';
import { notDeployed } from '../unreachable.ts';
import { type DeployedStack, deployedStacks, type Place } from './deployed-stacks.ts';
import { type Emptied, emptyBucket, isGone } from './empty-bucket.ts';
import { haltJobs } from './halt-jobs.ts';
import { checkDestroyable } from './refusal.ts';

/** The stacks that hold data: they go last, when nothing writes to them any more. */
const HOLDERS: readonly string[] = ['Lake', 'Replica'];
const ACCESS_LOGS = 'AccessLogsBucketName';

/** What the destruction reaches for outside. A client's region undefined: where the AWS settings of the environment lead. */
export interface Hands {
  cloudFormation(region: string | undefined): CloudFormationClient;
  s3(region: string): S3Client;
  glue(region: string): GlueClient;
  emrServerless(region: string): EMRServerlessClient;
  lambda(region: string): LambdaClient;
  /** `cdk destroy` of these ids; `--all`. */
  cdk(stacks: readonly string[]): Promise<void>;
  /** Throws unless this is wanted. */
  confirm(text: string): Promise<void>;
  /** Shows how far it is. */
  tell(text: string): void;
  /** Between two looks at what has not ended. */
  sleep(ms: number): Promise<unknown>;
}

/** What was destroyed. */
export interface Destroyed {
  readonly stage: string;
  /** Names, as they were found. */
  readonly stacks: readonly string[];
  readonly buckets: readonly Emptied[];
}

/**
 * Destroys a stage: first what runs, then the stacks that write, then the contents of the buckets that the others
 * name, then whatever is left. Each step is one that may be done again: broken off anywhere, the next call goes on.
 *
 * @throws MillraceError MR514, MR721-MR726, MR901, and what AWS throws
 */
export async function destroyStage(stage: Stage, hands: Hands): Promise<Destroyed> {
  const { region, lake } = stage;
  const copies = lake.replicaRegion === null ? [] : [lake.replicaRegion];
  // Before AWS is asked anything: a stage that keeps its data keeps it wherever it is.
  checkDestroyable(stage, []);
  const found = await Promise.all([
    stacksIn(region ?? undefined, 'own', stage, hands),
    ...copies.map((one) => stacksIn(one, 'copy', stage, hands)),
  ]);
  const stacks = found.flat();
  checkDestroyable(stage, stacks);
  if (stacks.length === 0) return { stage: stage.name, stacks: [], buckets: [] };
  await hands.confirm(summary(stage, stacks));

  const writers = stacks.filter(({ id }) => !HOLDERS.includes(id));
  const [writer] = writers;
  if (writer !== undefined) {
    await halted(stage, writer.region, hands);
    await hands.cdk(writers.map(({ id }) => id));
  }
  const buckets: Emptied[] = [];
  for (const stack of stacks) if (HOLDERS.includes(stack.id)) buckets.push(...(await emptied(stack, hands)));
  await hands.cdk(['--all']);
  return { stage: stage.name, stacks: stacks.map(({ name }) => name), buckets };
}

async function stacksIn(
  region: string | undefined,
  place: Place,
  stage: Stage,
  hands: Hands,
): Promise<DeployedStack[]> {
  const client = hands.cloudFormation(region);
  try {
    return await deployedStacks(client, stage.name, place);
  } catch (cause) {
    throw notDeployed(`stage ${stage.name}`, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    client.destroy();
  }
}

async function halted(stage: Stage, region: string, hands: Hands): Promise<void> {
  const glue = hands.glue(region);
  const emrServerless = hands.emrServerless(region);
  const lambda = hands.lambda(region);
  try {
    await haltJobs(stage, { ...hands, glue, emrServerless, lambda });
  } finally {
    for (const client of [glue, emrServerless, lambda]) client.destroy();
  }
}

function summary({ name }: Stage, stacks: readonly DeployedStack[]): string {
  const lines = stacks.flatMap(({ name: stack, account, region, buckets, id }) => [
    `  ${stack} (${account}, ${region})`,
    ...(HOLDERS.includes(id)
      ? Object.values(buckets).map((bucket) => `    s3://${bucket}: all objects`)
      : []),
  ]);
  return `stage ${name} is deleted, with all its data:\n${lines.join('\n')}\n`;
}

async function emptied({ buckets, region }: DeployedStack, hands: Hands): Promise<Emptied[]> {
  const s3 = hands.s3(region);
  const done: Emptied[] = [];
  try {
    const { [ACCESS_LOGS]: accessLogs, ...others } = buckets;
    // S3 delivers logs hours after the requests, those of the emptying too; without the policy it may no longer, so
    // the bucket of the logs stays empty until it is deleted.
    if (accessLogs !== undefined) await withoutPolicy(s3, accessLogs);
    for (const bucket of [...Object.values(others), ...(accessLogs === undefined ? [] : [accessLogs])]) {
      const one = await emptyBucket(s3, bucket, (versions) =>
        hands.tell(`${bucket}: ${versions.toLocaleString('en-US')} versions deleted`),
      );
      done.push(one);
    }
    return done;
  } finally {
    s3.destroy();
  }
}

async function withoutPolicy(s3: S3Client, bucket: string): Promise<void> {
  try {
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
