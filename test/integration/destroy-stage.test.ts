import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateJobCommand,
  CreateTriggerCommand,
  GetTriggerCommand,
  GlueClient,
  StartJobRunCommand,
  StartTriggerCommand,
} from '@aws-sdk/client-glue';
import {
  DeleteObjectCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeFile } from '../../bin/setup/node-modules.js';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { baseEnvironment, type Child, startChild } from '../../localstack/services/child.ts';
import { freePort, LOOPBACK } from '../../localstack/services/port.ts';
import { root } from './clone.ts';

/** An AWS account that moto plays: CloudFormation, Glue, Lambda, S3 and STS, as the command and the CDK CLI call them. */
let folder = '';
let account: Child;
let environment: Record<string, string>;
let cloudFormation: CloudFormationClient;
let s3: S3Client;
let glue: GlueClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-destroy-stage-'));
  const port = await freePort('aws');
  const endpoint = `http://${LOOPBACK}:${port}`;
  account = await startChild({
    name: 'moto',
    endpoint,
    command: readToolchain().python,
    args: ['-m', 'moto.server', '-H', LOOPBACK, '-p', String(port)],
    env: baseEnvironment(),
    logFile: join(folder, 'moto.log'),
    records: join(folder, 'processes'),
    healthy: async () => (await fetch(`${endpoint}/moto-api/`)).ok,
  });
  environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'of-nobody',
    AWS_SECRET_ACCESS_KEY: 'of-nobody',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const settings = {
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'of-nobody', secretAccessKey: 'of-nobody' },
  };
  cloudFormation = new CloudFormationClient(settings);
  s3 = new S3Client({ ...settings, forcePathStyle: true });
  glue = new GlueClient(settings);
});

afterAll(async () => {
  cloudFormation?.destroy();
  s3?.destroy();
  glue?.destroy();
  await account?.stop();
  await rm(folder, { recursive: true, force: true });
});

function destroy(...words: readonly string[]) {
  return execa(nodeFile, [join(root, 'bin', 'millrace.js'), 'destroy', ...words], {
    cwd: root,
    env: environment,
    stdin: 'ignore',
    reject: false,
  });
}

async function createStack(name: string, buckets: readonly string[]): Promise<void> {
  const template = {
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue' },
      ...Object.fromEntries(buckets.map((id) => [id, { Type: 'AWS::S3::Bucket' }])),
    },
    Outputs: Object.fromEntries(buckets.map((id) => [`${id}BucketName`, { Value: { Ref: id } }])),
  };
  await cloudFormation.send(
    new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify(template) }),
  );
}

/** A job that ran, and a trigger of it that is on. */
async function createJob(name: string): Promise<void> {
  const Role = 'arn:aws:iam::123456789012:role/nobody';
  await glue.send(new CreateJobCommand({ Name: name, Role, Command: { Name: 'glueetl' } }));
  await glue.send(new StartJobRunCommand({ JobName: name }));
  const Actions = [{ JobName: name }];
  await glue.send(
    new CreateTriggerCommand({ Name: name, Type: 'SCHEDULED', Schedule: 'cron(0 * * * ? *)', Actions }),
  );
  await glue.send(new StartTriggerCommand({ Name: name }));
}

async function triggerState(name: string): Promise<string | undefined> {
  return (await glue.send(new GetTriggerCommand({ Name: name }))).Trigger?.State;
}

async function bucketOf(stack: string, id: string): Promise<string> {
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
  const output = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === `${id}BucketName`);
  if (output?.OutputValue === undefined) throw new Error(`${stack} has no bucket ${id}`);
  return output.OutputValue;
}

async function names() {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({}));
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  return {
    stacks: Stacks.map(({ StackName }) => StackName).sort(),
    buckets: Buckets.map(({ Name }) => Name).sort(),
  };
}

describe('millrace destroy', () => {
  test('deletes a stage with its data, by the CDK CLI, asks before, and leaves other stages alone', async () => {
    // Prepare
    await createStack('millrace-dev-lake', ['Bronze', 'AccessLogs']);
    await createStack('millrace-dev-ingest', []);
    await createStack('millrace-staging-lake', ['Bronze']);
    for (const stage of ['dev', 'staging']) await createJob(`millrace-${stage}-iot-gold`);
    const bronze = await bucketOf('millrace-dev-lake', 'Bronze');
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: bronze, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    for (const Body of ['first', 'second'])
      await s3.send(new PutObjectCommand({ Bucket: bronze, Key: 'iot/a', Body }));
    await s3.send(new DeleteObjectCommand({ Bucket: bronze, Key: 'iot/a' }));

    // Act
    const unasked = await destroy('--stage', 'dev', '--json');
    const before = await names();
    const destroyed = await destroy('--stage', 'dev', '--yes', '--json');
    const after = await names();
    const again = await destroy('--stage', 'dev', '--yes', '--json');

    // Assess
    expect(unasked.exitCode).toBe(1);
    expect(unasked.stderr).toMatch(/MR722.*no terminal/);
    expect(before.stacks).toEqual(['millrace-dev-ingest', 'millrace-dev-lake', 'millrace-staging-lake']);
    expect(destroyed.exitCode, destroyed.stderr).toBe(0);
    expect(JSON.parse(destroyed.stdout)).toMatchObject({
      stage: 'dev',
      stacks: expect.arrayContaining(['millrace-dev-lake', 'millrace-dev-ingest']),
      buckets: [
        { bucket: bronze, versions: 3, uploads: 0 },
        { versions: 0, uploads: 0 },
      ],
    });
    expect(await triggerState('millrace-dev-iot-gold')).toBe('DEACTIVATED');
    expect(await triggerState('millrace-staging-iot-gold')).toBe('ACTIVATED');
    expect(after.stacks).toEqual(['millrace-staging-lake']);
    expect(after.buckets).toEqual([await bucketOf('millrace-staging-lake', 'Bronze')]);
    expect(JSON.parse(again.stdout)).toEqual({ stage: 'dev', stacks: [], buckets: [] });
  });
});
