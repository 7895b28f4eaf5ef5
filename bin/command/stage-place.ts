import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import type { AthenaPlace } from '../../lambdas/shared/athena/place.ts';
import { type KafkaFunction, kafkaFunction } from '../../lambdas/shared/kafka-function.ts';
import type { State } from '../../localstack/state.ts';
import { deployedAthena, localAthena } from './athena/place.ts';
import { deployedSettings } from './deployed-settings.ts';
import { awsSettings, bucketOf, millraceFolder, running } from './running.ts';
import { notDeployed } from './unreachable.ts';

/** A bucket of the lake, by its name in the stacks. */
export type Bucket = 'State' | 'Failures';

/** Where a stage lives: on this machine, or in an AWS account. The commands treat both alike. */
export interface StagePlace {
  readonly stage: string;
  readonly athena: AthenaPlace;
  /** Glue, as the catalog of tables. */
  readonly catalog: GlueClient;
  /** Glue, as what runs jobs. */
  readonly jobs: GlueClient;
  readonly s3: S3Client;
  /** Functions, called once for each request. */
  readonly lambda: LambdaClient;
  /** The brokers, by way of the function beside them. */
  readonly kafka: KafkaFunction;
  /** The local run, where it is one. */
  readonly local?: { readonly state: State; readonly stateDir: string };
  bucket(name: Bucket): Promise<string>;
  close(): void;
}

/** The folder of this machine in which is kept what commands know of a stage. */
export function keptFolder({ local, stage }: StagePlace): string {
  return local?.stateDir ?? join(millraceFolder, `stage-${stage}`);
}

/** The place that a command's `--stage` names; without it, the local run. @throws MillraceError `code`: nothing runs */
export async function stagePlace(stage: string | undefined, code: `MR${number}`): Promise<StagePlace> {
  if (stage !== undefined) return deployedPlace(stage);
  const { state, stateDir } = await running(code);
  return localPlace(state, stateDir);
}

export function localPlace(state: State, stateDir: string): StagePlace {
  const athena = localAthena(state);
  const catalog = new GlueClient(awsSettings(state, 'aws'));
  const jobs = new GlueClient(awsSettings(state, 'jobs'));
  const s3 = new S3Client({ ...awsSettings(state, 's3'), forcePathStyle: true });
  const lambda = new LambdaClient({ ...awsSettings(state, 'lambda'), maxAttempts: 1 });
  return {
    stage: state.stage,
    athena,
    catalog,
    jobs,
    s3,
    lambda,
    kafka: kafkaFunction(lambda, state.stage),
    local: { state, stateDir },
    bucket: async (name) => bucketOf(state, name),
    close: () => destroy(athena.athena, catalog, jobs, s3, lambda),
  };
}

/** A deployed stage: in its own region, else as the AWS settings of the environment lead. @throws MillraceError MR200 */
export function deployedPlace(stage: string): StagePlace {
  const settings = deployedSettings(stage);
  const athena = deployedAthena(stage);
  const glue = new GlueClient(settings);
  const s3 = new S3Client(settings);
  // One attempt: a request to append that is sent twice appends twice.
  const lambda = new LambdaClient({ ...settings, maxAttempts: 1 });
  let outputs: Promise<ReadonlyMap<string, string>> | undefined;
  return {
    stage,
    athena,
    catalog: glue,
    jobs: glue,
    s3,
    lambda,
    kafka: kafkaFunction(lambda, stage),
    bucket: async (name) => {
      const stack = `millrace-${stage}-lake`;
      outputs ??= outputsOf(stack, settings);
      const found = (await outputs).get(`${name}BucketName`);
      if (found === undefined) throw notDeployed(stage, `the stack ${stack} names no bucket ${name}`);
      return found;
    },
    close: () => destroy(athena.athena, glue, s3, lambda),
  };
}

function destroy(...clients: readonly { destroy(): void }[]): void {
  for (const client of clients) client.destroy();
}

/** What a stack says of itself, by the names of its outputs. @throws MillraceError MR514 */
async function outputsOf(
  stack: string,
  settings: { readonly region?: string },
): Promise<ReadonlyMap<string, string>> {
  const client = new CloudFormationClient(settings);
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (cause) {
    throw notDeployed(stack, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    client.destroy();
  }
}
