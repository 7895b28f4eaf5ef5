import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { lookedUp } from '../../lib/contract/looked-up.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { present, text } from '../../lib/contract/mapping.ts';
import { addMillrace, millraceApp } from '../../lib/stacks/millrace.ts';
import { checkSources, stageOf } from '../../lib/stages.ts';
import { parcels, sourceIn } from '../lambdas/fetch/sources.ts';
import { scratchFolder } from './scratch.ts';
import { jarsOfNothing, resourcesOf, type TemplateResource } from './synthesised.ts';

const ENABLED = 'parcels/carrier';

function ingestOf(manifest: Manifest, sources: string[] = [], stage = stageOf('dev')) {
  process.env.MILLRACE_JARS_AWS = jarsOfNothing();
  const assembly = scratchFolder();
  const app = millraceApp({ outdir: assembly });
  const { Ingest } = addMillrace(app, { stage: { ...stage, sources }, manifests: [manifest] });
  app.synth();
  return { assembly, resources: resourcesOf(Template.fromStack(Ingest)) };
}

type Resources = Readonly<Record<string, TemplateResource>>;

const one = (resources: Resources, id: string): TemplateResource['Properties'] => {
  const found = resources[id];
  if (found === undefined) throw new Error(`no resource ${id}: ${Object.keys(resources).join(', ')}`);
  return found.Properties;
};

/** Statements of the role whose inline policy has that name. */
function statementsOf(resources: Resources, policy: string) {
  const roles = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
  const policies = roles.flatMap(
    ({ Properties }) =>
      Properties.Policies as {
        PolicyName: string;
        PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] };
      }[],
  );
  return policies
    .filter(({ PolicyName }) => PolicyName === policy)
    .flatMap((of) => of.PolicyDocument.Statement);
}

describe('a REST source', () => {
  const secret = { name: 'carrier/key', into: { header: 'x-key' } };
  const manifest = parcels({ secret, everySeconds: 300 });
  let made: ReturnType<typeof ingestOf>;
  let resources: Resources;
  beforeAll(() => {
    made = ingestOf(manifest);
    resources = made.resources;
  });

  test('is polled by a function outside the VPC', () => {
    // Prepare, Act
    const fetch = one(resources, 'FetchParcelsCarrier');

    // Assess
    expect(fetch).toMatchObject({
      FunctionName: 'millrace-dev-parcels-carrier-fetch',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 295,
      Environment: {
        Variables: {
          DATASET: 'parcels',
          SOURCE: 'carrier',
          CURSOR_KEY: 'sources/parcels/carrier.json',
          QUEUE_URL: { Ref: 'SourceQueueParcelsCarrier' },
        },
      },
    });
    expect(fetch.VpcConfig).toBeUndefined();
    // The next poll is the retry.
    const invoking = Object.values(resources).find(({ Type }) => Type === 'AWS::Lambda::EventInvokeConfig');
    expect(invoking?.Properties).toMatchObject({ MaximumRetryAttempts: 0 });
  });

  test('has its manifest beside the code', () => {
    // Prepare
    const code = one(resources, 'FetchParcelsCarrier').Code as { S3Key: string };
    const folder = join(made.assembly, `asset.${code.S3Key.replace('.zip', '')}`);

    // Act
    const beside = ['manifest.json', 'references.json'].map((file) =>
      readFileSync(join(folder, file), 'utf8'),
    );

    // Assess
    expect(JSON.parse(beside[0] ?? '')).toEqual(JSON.parse(JSON.stringify(manifest)));
    expect(JSON.parse(beside[1] ?? '')).toEqual({});
  });

  test.each(['FetchParcelsCarrier', 'ProduceParcelsCarrier'])('needs nothing beside the code of %s', (id) => {
    // Prepare
    const { S3Key } = one(resources, id).Code as { S3Key: string };
    const folder = join(made.assembly, `asset.${S3Key.replace('.zip', '')}`);
    const script = `await import('./index.mjs').catch((error) => console.log(error.code ?? error.message));`;

    // Act
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });

    // Assess: it loads as far as its own settings, which are not there.
    expect(stdout.trim()).toBe('MR801');
  });

  test('runs one poll at once, and as many writers as its queue may start', () => {
    // Prepare
    const prod = ingestOf(manifest, [], stageOf('prod')).resources;

    // Act
    const reserved = ['FetchParcelsCarrier', 'ProduceParcelsCarrier'].map(
      (id) => one(prod, id).ReservedConcurrentExecutions,
    );

    // Assess
    expect(reserved).toEqual([1, 2]);
    expect(one(prod, 'ProduceMappingParcelsCarrier')).toMatchObject({
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(one(prod, 'ProduceParcelsCarrierErrors').EvaluationPeriods).toBe(3);
  });

  test('stands still until the stage names it', () => {
    // Prepare, Act
    const schedule = one(resources, 'FetchScheduleParcelsCarrier');

    // Assess
    expect(schedule).toMatchObject({ State: 'DISABLED', ScheduleExpression: 'rate(5 minutes)' });
    expect(resources.FetchSilentParcelsCarrier).toBeUndefined();
  });

  test.each([
    [60, 'rate(1 minute)', 55, 3_600, 1],
    [86_400, 'rate(1440 minutes)', 900, 86_400, 5],
  ])('that the stage names is polled every %i s, and needs no secret', (everySeconds, ...expected) => {
    // Prepare
    const [expression, timeout, period, periods] = expected;

    // Act
    const of = ingestOf(parcels({ everySeconds }), [ENABLED]).resources;

    // Assess
    expect(one(of, 'FetchScheduleParcelsCarrier')).toMatchObject({ ScheduleExpression: expression });
    expect(one(of, 'FetchScheduleParcelsCarrier').State).toBeUndefined();
    expect(one(of, 'FetchParcelsCarrier')).toMatchObject({ Timeout: timeout });
    expect(one(of, 'FetchSilentParcelsCarrier')).toMatchObject({
      Period: period,
      EvaluationPeriods: periods,
    });
    expect(JSON.stringify(statementsOf(of, 'Fetch'))).not.toContain('secretsmanager');
  });

  test('has a queue that is encrypted, is spoken to by TLS only, and keeps what nobody could take', () => {
    // Prepare, Act
    const queue = one(resources, 'SourceQueueParcelsCarrier');
    const dead = one(resources, 'SourceDeadParcelsCarrier');
    const { Timeout } = one(resources, 'ProduceParcelsCarrier') as { Timeout: number };
    const policies = Object.values(resources).filter(({ Type }) => Type === 'AWS::SQS::QueuePolicy');

    // Assess
    expect(queue).toMatchObject({
      VisibilityTimeout: 6 * Timeout,
      RedrivePolicy: {
        maxReceiveCount: 100,
        deadLetterTargetArn: { 'Fn::GetAtt': ['SourceDeadParcelsCarrier', 'Arn'] },
      },
    });
    expect(dead).toMatchObject({ MessageRetentionPeriod: 14 * 86_400 });
    for (const one of [queue, dead]) expect(JSON.stringify(one.KmsMasterKeyId)).toContain('Key');
    expect(policies).toHaveLength(2);
    for (const { Properties } of policies)
      expect(JSON.stringify(Properties)).toContain('aws:SecureTransport');
    expect(one(resources, 'SourceDeadAlarmParcelsCarrier')).toMatchObject({ Threshold: 0 });
  });

  test('is written to Kafka by a function in the VPC, message by message', () => {
    // Prepare, Act
    const produce = one(resources, 'ProduceParcelsCarrier');
    const mapping = one(resources, 'ProduceMappingParcelsCarrier');

    // Assess
    expect(produce).toMatchObject({
      FunctionName: 'millrace-dev-parcels-carrier-produce',
      VpcConfig: { SubnetIds: expect.any(Array), SecurityGroupIds: [expect.anything()] },
      Environment: { Variables: { CLUSTER_ARN: expect.anything() } },
    });
    expect(JSON.stringify(produce.VpcConfig)).toContain('Jobs');
    expect(mapping).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['SourceQueueParcelsCarrier', 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 10,
    });
  });

  test('lets its functions do what they do, and nothing else', () => {
    // Prepare
    const actions = (policy: string) =>
      statementsOf(resources, policy)
        .flatMap(({ Action }) => Action)
        .filter((action) => !action.startsWith('ec2:'))
        .sort();

    // Act
    const [fetch, produce] = [statementsOf(resources, 'Fetch'), statementsOf(resources, 'Produce')];

    // Assess
    expect(actions('Fetch')).toEqual([
      'kms:Decrypt',
      'kms:GenerateDataKey',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'secretsmanager:GetSecretValue',
      'sqs:SendMessage',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
    expect(JSON.stringify(fetch)).toContain('secret:carrier/key-??????');
    expect(JSON.stringify(fetch)).toContain('/sources/parcels/carrier.json');
    expect(actions('Produce')).toEqual([
      'kafka-cluster:Connect',
      'kafka-cluster:DescribeTopic',
      'kafka-cluster:WriteData',
      'kafka-cluster:WriteDataIdempotently',
      'kafka:GetBootstrapBrokers',
      'kms:Decrypt',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
    expect(JSON.stringify(produce)).toContain('"/parcels"');
  });
});

describe('the sources of a stage', () => {
  const stage = stageOf('dev');
  const manifests = [parcels()];

  test('are none, as released', () => {
    expect([stageOf('dev').sources, stageOf('prod').sources]).toEqual([[], []]);
  });

  test('are REST sources of datasets', () => {
    // Prepare, Act
    const check = () => checkSources({ ...stage, sources: [ENABLED] }, manifests);

    // Assess
    expect(check).not.toThrow();
  });

  test.each(['parcels/other', 'orders/carrier'])('%s is refused, and what there is is named', (name) => {
    // Prepare, Act
    const check = () => checkSources({ ...stage, sources: [ENABLED, name] }, manifests);

    // Assess
    expect(check).toThrow(
      expect.objectContaining({
        code: 'MR202',
        message: `there is no REST source ${name}`,
        mend: expect.stringContaining(ENABLED),
      }),
    );
  });
});

describe('reference tables that a mapping looks into', () => {
  test('are found wherever they are named', () => {
    // Prepare
    const zone = { lookup: 'depots', key: text('depot'), column: 'zone' };
    const mapping = {
      demands: [present('id'), { column: 'x', holds: { isNull: { ...zone, lookup: 'rules' } }, detail: 'd' }],
      event: { a: { first: [text('a'), { local: { text: text('t'), zone } }] }, lookup: text('lookup') },
    };

    // Act
    const names = lookedUp({ ...sourceIn(parcels()), mapping });

    // Assess
    expect([...names].sort()).toEqual(['depots', 'rules']);
  });
});
