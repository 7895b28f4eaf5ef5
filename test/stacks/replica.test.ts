import { beforeAll, describe, expect, test } from 'vitest';
import { checkedStage, type Stage, stageOf } from '../../lib/stages.ts';
import { providerOf } from '../../localstack/resources/index.ts';
import { resourcesOf, type Synthesised, synthesised, synthesisedAs } from './synthesised.ts';

const ACCOUNT = '123456789012';
const COPY = `millrace-prod-bronze-replica-${ACCOUNT}-eu-west-1`;

function replicated(): Stage {
  const { name, ...settings } = stageOf('prod');
  return checkedStage(name, {
    ...settings,
    account: ACCOUNT,
    region: 'eu-central-1',
    lake: { ...settings.lake, replicaRegion: 'eu-west-1' },
  });
}

const arn = (rest: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, rest]] });

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface Role {
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
}

function statementsOf(role: Role): readonly Statement[] {
  return role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

test('a stage of one region has no copy', async () => {
  // Act
  const { stacks } = await synthesised('dev');

  // Assess
  expect(stacks).not.toHaveProperty('Replica');
});

describe('a stage with a copy of bronze in another region', () => {
  const stage = replicated();
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesisedAs(stage);
  });

  function copyTemplate() {
    const { Replica } = made.templates;
    if (Replica === undefined) throw new Error('there is no copy');
    return Replica;
  }

  test('has it in a stack of that region, which is there before bronze copies to it', () => {
    // Prepare
    const { Lake, Replica } = made.stacks;

    // Act
    const { account, region, stackName, terminationProtection } = Replica ?? {};

    // Assess
    expect({ account, region, stackName, terminationProtection }).toEqual({
      account: ACCOUNT,
      region: 'eu-west-1',
      stackName: 'millrace-prod-replica',
      terminationProtection: true,
    });
    expect(Lake.dependencies).toContain(Replica);
    expect(copyTemplate().toJSON()).not.toHaveProperty('Parameters');
    expect(JSON.stringify(copyTemplate().toJSON())).not.toContain('Fn::ImportValue');
  });

  test('keeps it as bronze is kept, under a key of that region', () => {
    // Prepare
    const { BronzeReplica, Key, KeyAlias } = resourcesOf(copyTemplate());
    const { Bronze } = resourcesOf(made.templates.Lake);

    // Act
    const { BucketName, ReplicationConfiguration, LoggingConfiguration, ...properties } =
      BronzeReplica?.Properties ?? {};
    const { ReplicationConfiguration: _, LoggingConfiguration: __, ...ofBronze } = Bronze?.Properties ?? {};

    // Assess
    expect(BucketName).toBe(COPY);
    expect(ReplicationConfiguration).toBeUndefined();
    expect(LoggingConfiguration).toMatchObject({ DestinationBucketName: { Ref: 'AccessLogs' } });
    expect(properties).toEqual(ofBronze);
    expect(BronzeReplica?.DeletionPolicy).toBe('RetainExceptOnCreate');
    expect(Key?.Properties.EnableKeyRotation).toBe(true);
    expect(KeyAlias?.Properties.AliasName).toBe('alias/millrace-prod-replica');
  });

  test('copies every new object, encrypted there with that key, and no deletion', () => {
    // Prepare, Act
    const { Bronze } = resourcesOf(made.templates.Lake);

    // Assess
    expect(Bronze?.Properties.ReplicationConfiguration).toEqual({
      Role: { 'Fn::GetAtt': [expect.stringMatching(/^ReplicationRole/), 'Arn'] },
      Rules: [
        {
          Id: 'bronze',
          Status: 'Enabled',
          Priority: 0,
          Filter: { Prefix: '' },
          DeleteMarkerReplication: { Status: 'Disabled' },
          SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
          Destination: {
            Bucket: arn(`:s3:::${COPY}`),
            EncryptionConfiguration: {
              ReplicaKmsKeyID: arn(`:kms:eu-west-1:${ACCOUNT}:alias/millrace-prod-replica`),
            },
            Metrics: { Status: 'Enabled' },
          },
        },
      ],
    });
  });

  test('copies as a role that reads bronze, writes copies, and can do nothing else', () => {
    // Prepare
    const [role] = Object.values(
      made.templates.Lake.findResources('AWS::IAM::Role', {
        Properties: { Description: 'Copies bronze to eu-west-1' },
      }),
    );

    // Act
    const statements = statementsOf(role?.Properties);

    // Assess
    const bronze = ':s3:::millrace-prod-lake-bronze-*';
    expect(statements.map(({ Action, Resource }) => [[Action].flat(), Resource])).toEqual([
      [['s3:GetReplicationConfiguration', 's3:ListBucket'], arn(bronze)],
      [
        ['s3:GetObjectVersionAcl', 's3:GetObjectVersionForReplication', 's3:GetObjectVersionTagging'],
        arn(`${bronze}/*`),
      ],
      [['s3:ReplicateObject', 's3:ReplicateTags'], arn(`:s3:::${COPY}/*`)],
      [['kms:Decrypt'], { 'Fn::GetAtt': ['Key', 'Arn'] }],
      [['kms:Encrypt', 'kms:GenerateDataKey'], arn(`:kms:eu-west-1:${ACCOUNT}:key/*`)],
    ]);
    expect(statements.filter(({ Condition }) => Condition === undefined)).toEqual([]);
  });

  test('tells of objects that were not copied', () => {
    // Prepare, Act
    const alarms = made.templates.Alerts.findResources('AWS::CloudWatch::Alarm', {
      Properties: { MetricName: 'OperationsFailedReplication' },
    });

    // Assess
    expect(Object.values(alarms)).toHaveLength(1);
    expect(Object.values(alarms)[0]?.Properties).toMatchObject({
      AlarmActions: [expect.anything()],
      AlarmDescription: expect.stringContaining('docs/restore.md'),
      Dimensions: [
        { Name: 'SourceBucket' },
        { Name: 'DestinationBucket', Value: COPY },
        { Name: 'RuleId', Value: 'bronze' },
      ],
    });
  });

  test('as every stack, has the last part of its name as its id: by that, `millrace destroy` names it', () => {
    // Prepare
    const stacks = Object.entries(made.stacks);

    // Act
    const parts = stacks.map(([, { stackName }]) => stackName.split('-').at(-1));

    // Assess
    expect(parts).toEqual(stacks.map(([id]) => id.toLowerCase()));
    expect(stacks.map(([, { node }]) => node.path)).toEqual(stacks.map(([id]) => id));
  });

  test('holds types that the mirror knows', () => {
    // Prepare, Act
    const types = Object.values(resourcesOf(copyTemplate())).map(({ Type }) => Type);

    // Assess
    expect(types.filter((type) => providerOf(type) === undefined)).toEqual([]);
  });
});
