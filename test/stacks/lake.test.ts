import { beforeAll, describe, expect, test } from 'vitest';
import { stageOf } from '../../lib/stages.ts';
import { resourcesOf, type Synthesised, synthesised, type TemplateResource } from './synthesised.ts';

const bucketNames = ['Bronze', 'Lake', 'Quarantine', 'State', 'Results', 'Failures'];
const withoutVersions = ['Results', 'AccessLogs'];

interface Rule {
  readonly Id: string;
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
}

function rulesOf(resource: TemplateResource | undefined): readonly Rule[] {
  const configuration = resource?.Properties.LifecycleConfiguration as { Rules: readonly Rule[] } | undefined;
  return configuration?.Rules ?? [];
}

describe.each(['dev', 'prod'] as const)('lake of %s', (name) => {
  const stage = stageOf(name);
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesised(name);
  });

  test('has its buckets under ids that never change', () => {
    // Prepare, Act
    const buckets = made.templates.Lake.findResources('AWS::S3::Bucket');

    // Assess
    expect(Object.keys(buckets).sort()).toEqual(['AccessLogs', ...bucketNames].sort());
  });

  test.each(bucketNames)(
    '%s is encrypted under the key, closed to the public and kept as the stage says',
    (id) => {
      // Prepare, Act
      const bucket = resourcesOf(made.templates.Lake)[id];

      // Assess
      expect(bucket?.Properties).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: 'aws:kms',
                KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] },
              },
            },
          ],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LoggingConfiguration: { DestinationBucketName: { Ref: 'AccessLogs' }, LogFilePrefix: `${id}/` },
      });
      expect(bucket?.Properties).not.toHaveProperty('BucketName');
      expect(bucket?.DeletionPolicy).toBe(stage.removal === 'retain' ? 'RetainExceptOnCreate' : 'Delete');
    },
  );

  test.each([...bucketNames, 'AccessLogs'])('%s refuses what does not come by TLS', (id) => {
    // Prepare
    const policies = Object.values(made.templates.Lake.findResources('AWS::S3::BucketPolicy'));

    // Act
    const policy = policies.find(({ Properties }) => Properties.Bucket.Ref === id);

    // Assess
    expect(policy?.Properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });

  test('expires what is current in bronze, results and access logs, and in no bucket that Iceberg or the jobs keep', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Lake);

    // Act
    const expiring = [...bucketNames, 'AccessLogs'].filter((id) =>
      rulesOf(resources[id]).some(({ ExpirationInDays }) => ExpirationInDays !== undefined),
    );

    // Assess
    expect(expiring).toEqual(['Bronze', 'Results', 'AccessLogs']);
    expect(rulesOf(resources.Bronze).filter(({ Id }) => Id !== 'tidy')).toEqual(
      made.manifests.map(({ dataset, archiveDays }) => ({
        Id: `expire-${dataset}`,
        Prefix: `${dataset}/`,
        ExpirationInDays: archiveDays,
        Status: 'Enabled',
      })),
    );
  });

  test.each([...bucketNames, 'AccessLogs'])('%s is rid of broken uploads and of old versions', (id) => {
    // Prepare
    const bucket = resourcesOf(made.templates.Lake)[id];
    const versioned = !withoutVersions.includes(id);

    // Act
    const tidy = rulesOf(bucket).find(({ Id }) => Id === 'tidy');

    // Assess
    expect(bucket?.Properties.VersioningConfiguration).toEqual(versioned ? { Status: 'Enabled' } : undefined);
    expect(tidy).toEqual({
      Id: 'tidy',
      Status: 'Enabled',
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      ...(versioned
        ? {
            ExpiredObjectDeleteMarker: true,
            NoncurrentVersionExpiration: { NoncurrentDays: stage.lake.noncurrentDays },
          }
        : {}),
    });
  });

  test('moves nothing to another storage class, and copies nothing', () => {
    // Prepare, Act
    const text = JSON.stringify(made.templates.Lake.findResources('AWS::S3::Bucket'));

    // Assess
    expect(text).not.toMatch(/Transition|StorageClass|IntelligentTiering|ReplicationConfiguration/);
  });

  test('takes access logs from its own buckets alone, and under the key of S3, which delivers to no other', () => {
    // Prepare
    const { AccessLogs } = resourcesOf(made.templates.Lake);
    const policies = Object.values(made.templates.Lake.findResources('AWS::S3::BucketPolicy'));
    const policy = policies.find(({ Properties }) => Properties.Bucket.Ref === 'AccessLogs');

    // Act
    const statements: readonly Record<string, unknown>[] = policy?.Properties.PolicyDocument.Statement;
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');

    // Assess
    expect(AccessLogs?.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(allowed).toEqual(
      bucketNames.map((id) => ({
        Effect: 'Allow',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['AccessLogs', 'Arn'] }, `/${id}/*`]] },
        Condition: {
          ArnLike: { 'aws:SourceArn': { 'Fn::GetAtt': [id, 'Arn'] } },
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        },
      })),
    );
  });

  test('tells the names of all its buckets', () => {
    // Prepare, Act
    const outputs = Object.keys(made.templates.Lake.findOutputs('*'));

    // Assess
    expect(outputs).toEqual(
      expect.arrayContaining([...bucketNames, 'AccessLogs'].map((id) => `${id}BucketName`)),
    );
  });

  test('has one key, which rotates', () => {
    // Prepare, Act
    const key = resourcesOf(made.templates.Lake).Key;

    // Assess
    expect(key?.Properties.EnableKeyRotation).toBe(true);
    made.templates.Lake.resourceCountIs('AWS::KMS::Key', 1);
    expect(resourcesOf(made.templates.Lake).KeyAlias?.Properties).toEqual({
      AliasName: `alias/millrace-${name}`,
      TargetKeyId: { Ref: 'Key' },
    });
  });

  test('lets EventBridge use the key for the topic of the alarms alone, and asks it for no source', () => {
    // Prepare
    const policy = resourcesOf(made.templates.Lake).Key?.Properties.KeyPolicy as {
      Statement: readonly { Principal: { Service?: string | string[] }; Condition?: unknown }[];
    };

    // Act
    const rules = policy.Statement.filter(({ Principal }) =>
      [Principal.Service].flat().includes('events.amazonaws.com'),
    );

    // Assess
    expect(rules).toHaveLength(1);
    expect(rules[0]?.Condition).toEqual({
      StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': expect.anything() },
    });
    expect(JSON.stringify(rules[0]?.Condition)).toContain(`:millrace-${name}-alarms"`);
  });

  test('lets the key be used for every log group, and by everyone who tells the topic of the alarms', () => {
    // Prepare
    const templates = Object.values(made.templates);
    const policy = JSON.stringify(resourcesOf(made.templates.Lake).Key?.Properties.KeyPolicy);
    const groups = templates.flatMap((template) =>
      Object.values(template.findResources('AWS::Logs::LogGroup')),
    );
    const topics = Object.values(made.templates.Alerts.findResources('AWS::SNS::TopicPolicy'));

    // Act
    const outside = groups
      .map(({ Properties }) => String(Properties.LogGroupName))
      .filter((group) => !/^(\/aws\/vendedlogs)?\/millrace\//.test(group) || !group.includes(`/${name}/`));
    const publishers = JSON.stringify(topics).match(/[a-z]+\.amazonaws\.com/g) ?? [];

    // Assess
    expect(groups.length).toBeGreaterThan(5);
    expect(outside).toEqual([]);
    expect(policy).toContain(`log-group:/millrace/${name}/*`);
    expect(policy).toContain(`log-group:/aws/vendedlogs/millrace/${name}/*`);
    expect(publishers.filter((service) => !policy.includes(service))).toEqual([]);
  });

  test('has every table and view of every dataset', () => {
    // Prepare
    const expected = made.manifests.flatMap(({ tables, windows, gold, approximations, references }) => [
      ...Object.values(tables),
      ...[...windows, ...gold, ...approximations].map(({ name: table }) => table),
      ...references.map(({ table }) => table),
    ]);

    // Act
    const tables = Object.values(made.templates.Lake.findResources('AWS::Glue::Table'));
    const names = tables.map(({ Properties }) => Properties.Name ?? Properties.TableInput.Name);

    // Assess
    expect(names.sort()).toEqual(expected.sort());
    for (const table of tables) {
      expect(table.Properties.DatabaseName).toBe(`millrace_${name}`);
      expect(table.DependsOn).toContain('Database');
      expect(table.DeletionPolicy).toBe(stage.removal === 'retain' ? 'RetainExceptOnCreate' : 'Delete');
    }
  });

  test('puts Iceberg tables into the lake with their columns in the Iceberg schema alone', () => {
    // Prepare
    const silver = resourcesOf(made.templates.Lake).TableIotEvents;

    // Act
    const input = silver?.Properties.OpenTableFormatInput;

    // Assess
    expect(silver?.Properties).not.toHaveProperty('TableInput');
    expect(input).toMatchObject({
      IcebergInput: {
        IcebergTableInput: {
          Location: { 'Fn::Join': ['', ['s3://', { Ref: 'Lake' }, '/silver/iot_events']] },
        },
      },
    });
  });
});
