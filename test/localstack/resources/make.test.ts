import { describe, expect, it } from 'vitest';
import { PROVIDERS, providerOf } from '../../../localstack/resources/index.ts';
import { makeResources } from '../../../localstack/resources/make.ts';
import { physicalName } from '../../../localstack/resources/naming.ts';
import { NOTHING_LOCAL } from '../../../localstack/resources/nothing-local.ts';
import type { Context, Need } from '../../../localstack/resources/resource.ts';
import type { Assembly } from '../../../localstack/template/assembly.ts';
import { makePlan } from '../../../localstack/template/plan.ts';
import type { Template } from '../../../localstack/template/template.ts';

const pseudo = {
  region: 'us-east-1',
  account: '123456789012',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
  zones: [],
};

/** Enough of a context for types that touch nothing but names. */
function contextFor(stack: Context['stack']): Context {
  const local = { region: pseudo.region, account: pseudo.account, partition: pseudo.partition };
  return { stack, local } as unknown as Context;
}

function make(template: Template, ready: (need: Need) => Promise<unknown> = async () => undefined) {
  const assembly: Assembly = {
    directory: '',
    assets: [],
    stacks: [{ id: 'One', name: 'app-one', template, dependencies: [] }],
  };
  const plan = makePlan(assembly, pseudo, (type) => providerOf(type) !== undefined);
  return makeResources({ plan, pseudo, before: {}, ready, context: contextFor });
}

describe('makeResources', () => {
  it('gives each resource what those before it have become', async () => {
    // Act
    const made = await make({
      Resources: {
        Policy: {
          Type: 'AWS::IAM::Policy',
          Properties: { PolicyName: 'p', Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, Key: { Ref: 'Key' } },
        },
        Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'reader' } },
        Key: { Type: 'AWS::KMS::Key' },
        Cluster: { Type: 'AWS::MSK::Cluster', Properties: { ClusterName: 'c' } },
      },
    });

    // Assess
    expect(made.get('One/Policy')?.properties).toMatchObject({
      Role: 'arn:aws:iam::123456789012:role/reader',
      Key: expect.stringMatching(/^[0-9a-f]{8}-/),
    });
    expect(made.get('One/Cluster')?.id).toMatch(
      /^arn:aws:kafka:us-east-1:123456789012:cluster\/c\/[0-9a-f-]{36}-1$/,
    );
  });

  it('gives the same ids at each run', async () => {
    // Prepare
    const template: Template = {
      Resources: { Vpc: { Type: 'AWS::EC2::VPC' }, Log: { Type: 'AWS::Logs::LogGroup' } },
    };

    // Act
    const [one, other] = [await make(template), await make(template)];

    // Assess
    expect([...one]).toEqual([...other]);
  });

  it('says which resource could not be made, and ends all before it says so', async () => {
    // Prepare: the broker never comes up
    const template: Template = {
      Resources: {
        Topic: {
          Type: 'AWS::MSK::Topic',
          Properties: { ClusterArn: 'a', TopicName: 't', PartitionCount: 1, ReplicationFactor: 1 },
        },
        After: { Type: 'AWS::IAM::Policy', DependsOn: 'Topic' },
      },
    };

    // Act
    const act = make(template, () => Promise.reject(new Error('no broker')));

    // Assess
    await expect(act).rejects.toThrow('no broker');
  });
});

describe('the tables of types', () => {
  it('have no type twice, and a reason for each that is left out', () => {
    // Act
    const both = Object.keys(PROVIDERS).filter((type) => Object.hasOwn(NOTHING_LOCAL, type));
    const reasons = Object.values(NOTHING_LOCAL).map((row) => row.reason.length);

    // Assess
    expect(both).toEqual([]);
    expect(Math.min(...reasons)).toBeGreaterThan(10);
    expect(providerOf('AWS::Redshift::Cluster')).toBeUndefined();
    expect(providerOf('toString')).toBeUndefined();
  });
});

describe('physicalName', () => {
  it.each([
    ['millrace-dev-lake', 'Bronze'],
    [
      'a-stack-with-a-very-long-name-that-goes-on-and-on',
      'AndALogicalIdThatIsAlsoRatherLongAsTheyAre0123ABCD',
    ],
  ])('is a bucket name for %s/%s', (stack, logicalId) => {
    // Act
    const name = physicalName(stack, logicalId);

    // Assess
    expect(name).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
    expect(physicalName(stack, `${logicalId}2`)).not.toBe(name);
  });
});
