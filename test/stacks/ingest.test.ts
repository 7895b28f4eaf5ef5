import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stageOf } from '../../lib/stages.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

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

    // Act
    const folder = join(made.assembly, `asset.${code.S3Key.replace('.zip', '')}`);
    const bundled = readFileSync(join(folder, 'manifest.json'), 'utf8');

    // Assess
    expect(JSON.parse(bundled)).toEqual(JSON.parse(JSON.stringify(made.manifests[0])));
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
      }),
    );
    expect(JSON.stringify(mapping?.Properties.DestinationConfig)).toContain('Failures');
    expect(JSON.stringify(mapping?.Properties.EventSourceArn)).toContain('Cluster');
  });

  test('lets the poller read its topic in its group, and write only below its prefixes', () => {
    // Prepare
    const roles = Object.values(made.templates.Ingest.findResources('AWS::IAM::Role'));

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
});
