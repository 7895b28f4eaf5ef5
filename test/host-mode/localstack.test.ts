import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { startEnvironment } from '../../localstack/environment.ts';
import type { Child } from '../../localstack/services/child.ts';
import { startLocalStack } from '../../localstack/services/localstack.ts';
import { readRecords } from '../../localstack/services/process-record.ts';
import { root } from '../integration/clone.ts';
import { rowsOf } from '../lambdas/land/readings.ts';
import { type Synthesised, synthesised } from '../stacks/synthesised.ts';
import { listeningOf } from './sockets.ts';

const REGION = 'us-east-1';
/** LocalStack takes the account from the key's id: that of the mirror here, another one for the deploy. */
const MIRROR = { accessKeyId: '123456789012', secretAccessKey: 'none' };
const DEPLOYED = { accessKeyId: '000000000000', secretAccessKey: 'none' };

const toolchain = readToolchain();
let folder = '';
let made: Synthesised;
let localstack: Child;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-localstack-'));
  made = await synthesised('dev');
  localstack = await startLocalStack({
    python: toolchain.localstack,
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'localstack.log'),
    records: join(folder, 'processes'),
  });
});
afterAll(async () => {
  await localstack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const client = (credentials: typeof MIRROR) => ({
  endpoint: localstack.endpoint,
  region: REGION,
  credentials,
  forcePathStyle: true,
});

describe('LocalStack in host mode', () => {
  it('serves S3 and the small APIs of the mirror, and a record lands in it', async () => {
    // Prepare
    const stateDir = join(folder, 'state');
    const environment = await startEnvironment({
      stateDir,
      cdkOut: made.assembly,
      toolchain,
      external: { endpoints: { s3: localstack.endpoint }, rest: localstack.endpoint, credentials: MIRROR },
      jobs: false,
      log: () => undefined,
    });
    try {
      const manifest = made.manifests.find(({ dataset }) => dataset === 'iot');
      const bucket = environment.resources['Lake/Bronze']?.id;
      const s3 = new S3Client(client(MIRROR));
      const value = Buffer.from('{"not":"an event"}');

      // Act
      const producer = new Kafka({
        brokers: [environment.endpoints.kafka],
        logLevel: logLevel.NOTHING,
      }).producer();
      await producer.connect();
      await producer.send({ topic: manifest?.topic.name ?? '', messages: [{ key: 'device-001', value }] });
      await producer.disconnect();
      const key = await firstKey(s3, bucket ?? '', `${manifest?.dataset}/`);
      const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const bytes = await stored.Body?.transformToByteArray();
      const services = await readRecords(join(stateDir, 'processes'));
      const addresses = await listeningOf([localstack.pid, ...services.map(({ pid }) => pid)]);

      // Assess
      expect(key).toMatch(/\/date=\d{4}-\d\d-\d\d\/hour=\d\d\/iot-events-\d-0{20}-0{20}\.parquet$/);
      expect(await rowsOf(bytes ?? new Uint8Array())).toMatchObject([
        { kafka_offset: 0n, verdict: 'invalid', kafka_value: new Uint8Array(value) },
      ]);
      expect(await readFile(join(folder, 'localstack.log'), 'utf8')).toMatch(/AWS s3\.PutObject => 200/);
      expect(services.map(({ name }) => name)).not.toContain('minio');
      expect(addresses.length).toBeGreaterThan(services.length);
      for (const address of addresses)
        expect(address).toMatch(/^(\[::ffff:127\.0\.0\.1\]|127\.0\.0\.1):\d+$/);
    } finally {
      await environment.stop({ purge: true });
    }
  });

  it('holds the network, the key and the buckets, as cdklocal deploys them', async () => {
    // Prepare
    const cloudFormation = new CloudFormationClient(client(DEPLOYED));
    const s3 = new S3Client(client(DEPLOYED));

    // Act
    await cdklocal('bootstrap', `aws://${DEPLOYED.accessKeyId}/${REGION}`);
    await cdklocal('deploy', '--require-approval', 'never', '--exclusively', 'Network', 'Lake');

    // Assess
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({}));
    expect(Stacks?.map(({ StackName, StackStatus }) => [StackName, StackStatus]).sort()).toEqual([
      ['CDKToolkit', 'CREATE_COMPLETE'],
      ['millrace-dev-lake', 'CREATE_COMPLETE'],
      ['millrace-dev-network', 'CREATE_COMPLETE'],
    ]);
    expect(await passedOver(cloudFormation, 'millrace-dev-network')).toEqual([
      'AWS::EC2::FlowLog',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
    ]);
    expect(await passedOver(cloudFormation, 'millrace-dev-lake')).toEqual([
      'AWS::Glue::Database',
      'AWS::Glue::Table',
    ]);
    const subnets = await physicalIds(cloudFormation, 'millrace-dev-network', 'AWS::EC2::Subnet');
    expect(subnets).toEqual([expect.stringMatching(/^subnet-/), expect.stringMatching(/^subnet-/)]);
    expect(await physicalIds(cloudFormation, 'millrace-dev-lake', 'AWS::KMS::Key')).toHaveLength(1);
    // Encryption, lifecycle and access block of a bucket LocalStack leaves out without a word: not looked at.
    const buckets = await physicalIds(cloudFormation, 'millrace-dev-lake', 'AWS::S3::Bucket');
    expect(buckets).toHaveLength(7);
    for (const Bucket of buckets) {
      const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
      const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket }));
      expect(JSON.parse(Policy ?? '{}').Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
      expect(TagSet).toContainEqual({ Key: 'stage', Value: 'dev' });
    }
  });
});

async function firstKey(s3: S3Client, Bucket: string, Prefix: string): Promise<string> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(250)) {
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    if (Contents?.[0]?.Key !== undefined) return Contents[0].Key;
  }
  throw new Error(`nothing came into s3://${Bucket}/${Prefix}`);
}

/** Runs cdklocal on the synthesised app, with nothing of the user's AWS settings. */
async function cdklocal(...words: readonly string[]): Promise<void> {
  const { port, hostname } = new URL(localstack.endpoint);
  const program = join(root, 'node_modules', 'aws-cdk-local', 'bin', 'cdklocal');
  const options = ['--app', made.assembly, '--output', join(folder, 'cdk.out'), '--no-notices', '--ci'];
  await promisify(execFile)(toolchain.node, [program, ...words, ...options], {
    cwd: folder,
    maxBuffer: 2 ** 26,
    env: {
      PATH: [dirname(toolchain.node), process.env.PATH].join(delimiter),
      HOME: folder,
      AWS_ENDPOINT_URL: localstack.endpoint,
      AWS_ENDPOINT_URL_S3: localstack.endpoint,
      AWS_S3_FORCE_PATH_STYLE: '1',
      EDGE_PORT: port,
      LOCALSTACK_HOSTNAME: hostname,
      AWS_ACCESS_KEY_ID: DEPLOYED.accessKeyId,
      AWS_SECRET_ACCESS_KEY: DEPLOYED.secretAccessKey,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: '1',
    },
  });
}

/** Types of which LocalStack has no resource: it says so, and the stack goes on without them. */
async function passedOver(cloudFormation: CloudFormationClient, StackName: string): Promise<string[]> {
  const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
  const types = StackEvents.flatMap(({ ResourceType, ResourceStatusReason }) =>
    ResourceType !== undefined && ResourceStatusReason?.includes('is not supported') ? [ResourceType] : [],
  );
  return [...new Set(types)].sort();
}

async function physicalIds(
  cloudFormation: CloudFormationClient,
  StackName: string,
  type: string,
): Promise<string[]> {
  const { StackResources = [] } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }));
  return StackResources.flatMap(({ ResourceType, PhysicalResourceId }) =>
    ResourceType === type && PhysicalResourceId !== undefined ? [PhysicalResourceId] : [],
  );
}
