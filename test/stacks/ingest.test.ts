import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stageOf } from '../../lib/stages.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

type Policies = readonly {
  readonly PolicyDocument: {
    readonly Statement: readonly {
      readonly Action: string | readonly string[];
      readonly Resource: unknown;
    }[];
  };
}[];

/** The roles whose inline policy has that name, and that are described so. */
function rolesOf(made: Synthesised, policy: string, description?: string) {
  return Object.values(made.templates.Ingest.findResources('AWS::IAM::Role')).filter(
    ({ Properties }) =>
      Properties.Policies[0].PolicyName === policy &&
      (description === undefined || Properties.Description === description),
  );
}

describe.each(['dev', 'prod'] as const)('ingest of %s', (name) => {
  const { landing } = stageOf(name);
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesised(name);
  });

  test('has a landing function on Node 24 and ARM with its own log group', () => {
    // Prepare, Act
    const land = resourcesOf(made.templates.Ingest).LandIot;

    // Assess
    expect(land?.Properties).toMatchObject({
      FunctionName: `millrace-${name}-iot-land`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: landing.memoryMiB,
      Timeout: landing.timeoutSeconds,
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.stringMatching(/^iotLogs/) } },
      Environment: {
        Variables: {
          DATASET: 'iot',
          MANIFEST_PATH: './manifest.json',
          BRONZE_PREFIX: 'iot/',
          QUARANTINE_PREFIX: 'iot/',
          POWERTOOLS_SERVICE_NAME: 'land-iot',
          POWERTOOLS_METRICS_NAMESPACE: 'Millrace',
        },
      },
    });
  });

  test('bundles the code with the manifest that the jobs get', () => {
    // Prepare
    const code = resourcesOf(made.templates.Ingest).LandIot?.Properties.Code as { S3Key: string };
    const manifest = made.manifests.find(({ dataset }) => dataset === 'iot');

    // Act
    const folder = join(made.assembly, `asset.${code.S3Key.replace('.zip', '')}`);
    const bundled = readFileSync(join(folder, 'manifest.json'), 'utf8');

    // Assess
    expect(JSON.parse(bundled)).toEqual(JSON.parse(JSON.stringify(manifest)));
    expect(readFileSync(join(folder, 'index.mjs'), 'utf8')).toMatch(/^import \{ createRequire \}/);
  });

  test('says every failure setting of the mapping', () => {
    // Prepare, Act
    const mapping = resourcesOf(made.templates.Ingest).LandMappingIot;

    // Assess
    expect(mapping?.Properties).toEqual(
      expect.objectContaining({
        Topics: ['iot-events'],
        AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: `millrace-${name}-iot-land` },
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: landing.batchSize,
        MaximumBatchingWindowInSeconds: landing.batchingWindowSeconds,
        ProvisionedPollerConfig: {
          MinimumPollers: landing.pollers.minimum,
          MaximumPollers: landing.pollers.maximum,
        },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: 10_000,
        MaximumRecordAgeInSeconds: -1,
        MetricsConfig: { Metrics: ['EventCount'] },
      }),
    );
    expect(JSON.stringify(mapping?.Properties.DestinationConfig)).toContain('Failures');
    expect(JSON.stringify(mapping?.Properties.EventSourceArn)).toContain('Cluster');
  });

  test('lets the poller read its topic in its group, and write only below its prefixes', () => {
    // Prepare
    const roles = rolesOf(made, 'Landing', 'Landing of dataset iot');

    // Act
    const text = JSON.stringify(roles.map(({ Properties }) => Properties.Policies));

    // Assess
    expect(roles).toHaveLength(1);
    for (const action of ['Connect', 'DescribeTopic', 'ReadData', 'DescribeGroup', 'AlterGroup'])
      expect(text).toContain(`"kafka-cluster:${action}"`);
    expect(text).toContain('"/iot-events"');
    expect(text).toContain(`"/millrace-${name}-iot-land"`);
    expect(text).not.toContain('s3:DeleteObject');
    expect(text).not.toContain('s3:GetObject');
  });

  test('has a function that speaks to Kafka for the command, in the VPC', () => {
    // Prepare, Act
    const access = resourcesOf(made.templates.Ingest).KafkaAccess;

    // Assess
    expect(access?.Properties).toMatchObject({
      FunctionName: `millrace-${name}-kafka-access`,
      Runtime: 'nodejs24.x',
      VpcConfig: { SubnetIds: expect.any(Array), SecurityGroupIds: [expect.anything()] },
      Environment: { Variables: { CLUSTER_ARN: expect.anything() } },
    });
    expect(JSON.stringify(access?.Properties.VpcConfig)).toContain('Jobs');
  });

  test('lets that function reach its topics and groups in Kafka, and nothing else', () => {
    // Prepare
    const [role, ...others] = rolesOf(made, 'KafkaAccess');
    const policies = (role?.Properties.Policies ?? []) as Policies;
    const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

    // Act
    const services = new Set(
      statements.flatMap(({ Action }) => Action).map((action) => action.split(':')[0]),
    );
    const writing = statements.filter(({ Action }) => [Action].flat().includes('kafka-cluster:WriteData'));

    // Assess
    expect(others).toEqual([]);
    expect([...services].sort()).toEqual(['ec2', 'kafka', 'kafka-cluster', 'kms', 'logs', 'xray']);
    expect(JSON.stringify(writing.map(({ Resource }) => Resource))).toContain('"/iot-events"');
    expect(writing).toHaveLength(1);
    expect(JSON.stringify(statements)).toContain('"/millrace-audit-*"');
    expect(JSON.stringify(statements)).not.toContain('CreateTopic');
  });

  test('bounds each function where the stage reserves, traces it, and encrypts its environment', () => {
    // Prepare
    const { functions } = stageOf(name);
    const { LandIot: land, KafkaAccess: access } = resourcesOf(made.templates.Ingest);
    const partitions = made.manifests.find(({ dataset }) => dataset === 'iot')?.topic.partitions;

    // Act
    const reserved = [land, access].map((one) => one?.Properties.ReservedConcurrentExecutions);

    // Assess
    expect(reserved).toEqual(functions.reserveConcurrency ? [partitions, 10] : [undefined, undefined]);
    for (const one of [land, access]) {
      expect(one?.Properties.TracingConfig).toEqual({ Mode: 'Active' });
      expect(JSON.stringify(one?.Properties.KmsKeyArn)).toContain('Key');
    }
  });

  test('every function has a role that writes its log, decrypts its environment and sends traces', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Ingest);
    const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');

    // Act
    const policies = functions.map(({ Properties }) => {
      const role = (Properties.Role as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
      return JSON.stringify(resources[role]?.Properties.Policies);
    });

    // Assess
    expect(functions.length).toBeGreaterThan(2);
    for (const text of policies)
      for (const action of ['logs:PutLogEvents', 'kms:Decrypt', 'xray:PutTraceSegments'])
        expect(text).toContain(`"${action}"`);
  });

  test('raises alarms on errors and throttles of each function', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Ingest);

    // Act
    const functions = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');

    // Assess
    for (const [id, { Properties }] of functions) {
      const dimensions = [{ Name: 'FunctionName', Value: Properties.FunctionName }];
      for (const metric of ['Errors', 'Throttles'])
        expect(resources[`${id}${metric}`]?.Properties).toMatchObject({
          Namespace: 'AWS/Lambda',
          MetricName: metric,
          Dimensions: dimensions,
          Threshold: 0,
        });
    }
    // The next try may come through: only errors that go on are told.
    expect(resources.LandIotErrors?.Properties.EvaluationPeriods).toBe(3);
  });

  test('raises an alarm on the share of an hour that went to quarantine, and on what nothing could take', () => {
    // Prepare
    const { LandQuarantinedIot: share, LandFailedIot: failed } = resourcesOf(made.templates.Ingest);

    // Act
    const metrics = share?.Properties.Metrics as {
      Id: string;
      Expression?: string;
      MetricStat?: { Period: number; Metric: { MetricName: string; Dimensions: unknown } };
    }[];

    // Assess
    expect(share?.Properties.Threshold).toBe(stageOf(name).alarms.quarantineShare);
    expect(share?.Properties.AlarmDescription).toContain('More than 5 %');
    expect(metrics.map(({ Expression, MetricStat }) => Expression ?? MetricStat?.Metric.MetricName)).toEqual([
      'IF(records > 0, 1 - valid / records, 0)',
      'RecordsValid',
      'LandedRecords',
    ]);
    expect(metrics[1]?.MetricStat).toMatchObject({
      Period: 3600,
      Metric: {
        Dimensions: [
          { Name: 'service', Value: 'land-iot' },
          { Name: 'dataset', Value: 'iot' },
        ],
      },
    });
    expect(failed?.Properties.Metrics).toMatchObject([
      // Either may have no data point at all.
      { Expression: 'SUM(METRICS())' },
      { MetricStat: { Metric: { MetricName: 'OnFailureDestinationDeliveredEventCount' } } },
      { MetricStat: { Metric: { MetricName: 'DroppedEventCount' } } },
    ]);
    expect(JSON.stringify(failed?.Properties.Metrics)).toContain('{"Ref":"LandMappingIot"}');
  });
});
