import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import type { Command } from 'commander';
import { stageOf } from '../../lib/stages.ts';
import { cdkDestroy } from './destroy/cdk-destroy.ts';
import { confirm } from './destroy/confirmation.ts';
import { type Destroyed, destroyStage } from './destroy/destroy-stage.ts';
import { progressLine, thousands } from './progress-line.ts';

interface Options {
  readonly stage: string;
  readonly yes?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('destroy')
    .description('delete a deployed stage and all its data; refused for one that keeps its data')
    .requiredOption('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action(action);
}

async function action({ stage: name, yes, json }: Options): Promise<void> {
  const stage = stageOf(name, '--stage');
  const line = progressLine();
  const destroyed = await destroyStage(stage, {
    cloudFormation: (region) => new CloudFormationClient(region === undefined ? {} : { region }),
    s3: (region) => new S3Client({ region }),
    glue: (region) => new GlueClient({ region }),
    emrServerless: (region) => new EMRServerlessClient({ region }),
    lambda: (region) => new LambdaClient({ region }),
    cdk: (stacks) => cdkDestroy(stage.name, stacks),
    confirm: async (text) => {
      process.stderr.write(text);
      if (yes !== true) await confirm(stage.name);
    },
    tell: (text) => line.show(() => text),
    sleep,
  });
  if (json === true) process.stdout.write(`${JSON.stringify(destroyed)}\n`);
  line.end(textOf(destroyed));
}

function textOf({ stage, stacks, buckets }: Destroyed): string {
  if (stacks.length === 0) return `nothing of stage ${stage} is deployed where the AWS settings lead`;
  const versions = buckets.reduce((sum, one) => sum + one.versions, 0);
  return `stage ${stage} is gone: ${stacks.length} stacks, ${thousands(versions)} versions in ${buckets.length} buckets`;
}
