import { beforeAll, describe, expect, test } from 'vitest';
import { stageOf } from '../../lib/stages.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

const bucketNames = ['Bronze', 'Lake', 'Quarantine', 'State', 'Results', 'Failures'];

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
    expect(Object.keys(buckets).sort()).toEqual([...bucketNames].sort());
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
      });
      expect(bucket?.Properties).not.toHaveProperty('BucketName');
      expect(bucket?.DeletionPolicy).toBe(stage.removal === 'retain' ? 'Retain' : 'Delete');
    },
  );

  test.each(bucketNames)('%s refuses what does not come by TLS', (id) => {
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

  test('expires bronze and results, and no bucket that Iceberg or the jobs keep', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Lake);

    // Act
    const expiring = bucketNames.filter(
      (id) => resources[id]?.Properties.LifecycleConfiguration !== undefined,
    );

    // Assess
    expect(expiring).toEqual(['Bronze', 'Results']);
    expect(resources.Bronze?.Properties.LifecycleConfiguration).toMatchObject({
      Rules: made.manifests.map(({ dataset, archiveDays }) => ({
        Prefix: `${dataset}/`,
        ExpirationInDays: archiveDays,
        Status: 'Enabled',
      })),
    });
  });

  test('has one key, which rotates', () => {
    // Prepare, Act
    const key = resourcesOf(made.templates.Lake).Key;

    // Assess
    expect(key?.Properties.EnableKeyRotation).toBe(true);
    made.templates.Lake.resourceCountIs('AWS::KMS::Key', 1);
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
      expect(table.DeletionPolicy).toBe(stage.removal === 'retain' ? 'Retain' : 'Delete');
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
