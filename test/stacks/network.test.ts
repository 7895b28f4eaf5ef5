import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { beforeAll, describe, expect, test } from 'vitest';
import { millraceApp } from '../../lib/stacks/millrace.ts';
import { NetworkStack } from '../../lib/stacks/network.ts';
import { type Stage, stageOf } from '../../lib/stages.ts';
import { scratchFolder } from './scratch.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

describe.each([
  ['dev', 2],
  ['prod', 3],
] as const)('network of %s', (stage, zones) => {
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesised(stage);
  });

  test(`has ${zones} isolated subnets, each in its own zone`, () => {
    // Prepare
    const template = made.templates.Network;

    // Act
    const subnets = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::EC2::Subnet');

    // Assess
    expect(subnets.map(({ Properties }) => Properties.AvailabilityZone)).toEqual(
      Array.from({ length: zones }, (_, index) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] })),
    );
    for (const { Properties } of subnets) expect(Properties.MapPublicIpOnLaunch).toBe(false);
  });

  test('has no way out but its endpoints', () => {
    // Prepare
    const template = made.templates.Network;

    // Act
    const services = Object.values(resourcesOf(template))
      .filter(({ Type }) => Type === 'AWS::EC2::VPCEndpoint')
      .map(({ Properties }) => JSON.stringify(Properties.ServiceName).match(/\.(\w+)"/)?.[1]);

    // Assess
    expect(services.sort()).toEqual(['glue', 'kafka', 's3']);
    for (const type of ['NatGateway', 'InternetGateway', 'EIP', 'Route'])
      template.resourceCountIs(`AWS::EC2::${type}`, 0);
  });

  test('lets in by group and never by address', () => {
    // Prepare
    const resources = Object.values(resourcesOf(made.templates.Network));

    // Act
    const ingress = resources.filter(({ Type }) => Type === 'AWS::EC2::SecurityGroupIngress');
    const inline = resources.filter(({ Properties }) => 'SecurityGroupIngress' in (Properties ?? {}));

    // Assess
    expect(inline).toEqual([]);
    expect(ingress).toHaveLength(4);
    for (const { Properties } of ingress) {
      expect(Properties).toHaveProperty('SourceSecurityGroupId');
      expect(Properties).not.toHaveProperty('CidrIp');
    }
  });

  test('opens the brokers on the port of IAM clients alone', () => {
    // Prepare
    const template = made.templates.Network;

    // Act
    const rules = template.findResources('AWS::EC2::SecurityGroupIngress', {
      Properties: { GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Brokers'), 'GroupId'] } },
    });

    // Assess
    expect(Object.values(rules)).toHaveLength(2);
    for (const rule of Object.values(rules))
      expect(rule.Properties).toMatchObject({ FromPort: 9098, ToPort: 9098, IpProtocol: 'tcp' });
  });

  test('has endpoints for identities of the account alone', () => {
    // Prepare
    const endpoints = made.templates.Network.findResources('AWS::EC2::VPCEndpoint');

    // Act
    const statements = Object.values(endpoints).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement,
    );

    // Assess
    expect(statements).toHaveLength(Object.keys(endpoints).length);
    for (const statement of statements)
      expect(statement).toMatchObject({
        Effect: 'Allow',
        Condition: { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } },
      });
  });

  test('lets jobs out to the brokers, the endpoints and S3, and brokers and pollers to one another and S3 alone', () => {
    // Prepare
    const template = made.templates.Network;

    // Act
    const resources = Object.entries(resourcesOf(template));
    const out = resources.filter(([, { Type }]) => Type === 'AWS::EC2::SecurityGroupEgress');
    const groups = resources.filter(([, { Type }]) => Type === 'AWS::EC2::SecurityGroup');

    // Assess
    const ports = out.map(([, { Properties }]) => [
      JSON.stringify(Properties.GroupId).match(/"(Brokers|Jobs)/)?.[1],
      Properties.FromPort,
    ]);
    expect(ports.sort()).toEqual([
      ['Brokers', 443],
      ['Brokers', 9098],
      ['Jobs', 0],
      ['Jobs', 443],
      ['Jobs', 443],
      ['Jobs', 9098],
    ]);
    // Without a rule of its own, each would be let out to everything.
    expect(groups).toHaveLength(3);
    for (const [, { Properties }] of groups)
      expect(Properties.SecurityGroupEgress).toEqual([
        expect.objectContaining({ CidrIp: '255.255.255.255/32' }),
      ]);
    const addresses = out.filter(([, { Properties }]) => 'CidrIp' in Properties);
    const s3 = { CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443, IpProtocol: 'tcp' };
    expect(addresses.map(([, { Properties }]) => Properties)).toMatchObject([
      { ...s3, Description: 'pollers to S3' },
      { ...s3, Description: 'jobs to S3' },
    ]);
  });

  test('keeps a log of all traffic, encrypted, that the service of this account alone may write', () => {
    // Prepare
    const template = made.templates.Network;

    // Act
    const [log] = Object.values(template.findResources('AWS::EC2::FlowLog'));
    const [group] = Object.values(template.findResources('AWS::Logs::LogGroup'));
    const [role] = Object.values(template.findResources('AWS::IAM::Role'));

    // Assess
    expect(log?.Properties).toMatchObject({
      ResourceType: 'VPC',
      TrafficType: 'ALL',
      LogDestinationType: 'cloud-watch-logs',
    });
    expect(group?.Properties).toMatchObject({ LogGroupName: `/millrace/${stage}/flow-logs` });
    expect(group?.Properties).toHaveProperty('KmsKeyId');
    expect(role?.Properties.AssumeRolePolicyDocument.Statement).toEqual([
      expect.objectContaining({
        Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
        Condition: expect.objectContaining({
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        }),
      }),
    ]);
    const [policy] = role?.Properties.Policies ?? [];
    expect(policy.PolicyDocument.Statement).toHaveLength(1);
    expect(policy.PolicyDocument.Statement[0].Resource).toEqual({
      'Fn::GetAtt': [expect.any(String), 'Arn'],
    });
  });
});

describe('network with other settings', () => {
  const dev = stageOf('dev');
  const only = (changes: Partial<Stage>) => {
    const stage = { ...dev, ...changes };
    const app = millraceApp({ outdir: scratchFolder() });
    const lake = new Stack(app, 'Lake');
    const network = new NetworkStack(app, 'Network', { stage, key: new Key(lake, 'Key') });
    return Template.fromStack(network);
  };
  const services = (template: Template) =>
    Object.values(template.findResources('AWS::EC2::VPCEndpoint'))
      .map(({ Properties }) => JSON.stringify(Properties.ServiceName).match(/\.(\w+)"/)?.[1])
      .sort();

  test('opens the port of S3 to its prefix list alone, where that is named', () => {
    // Act
    const template = only({
      network: { kind: 'own', zones: 2, endpointZones: 1, s3PrefixListId: 'pl-0123456789abcdef0' },
    });

    // Assess
    expect(JSON.stringify(template.toJSON())).not.toContain('0.0.0.0/0');
    const open = template.findResources('AWS::EC2::SecurityGroupEgress', {
      Properties: { DestinationPrefixListId: 'pl-0123456789abcdef0', FromPort: 443 },
    });
    expect(
      Object.values(open)
        .map(({ Properties }) => Properties.Description)
        .sort(),
    ).toEqual(['jobs to S3', 'pollers to S3']);
  });

  test('stands in the zones that the stage names', () => {
    // Prepare
    const zoneNames = ['us-east-1f', 'us-east-1a'];

    // Act
    const template = only({ network: { kind: 'own', zones: 2, zoneNames, endpointZones: 1 } });

    // Assess
    const subnets = Object.values(template.findResources('AWS::EC2::Subnet'));
    expect(subnets.map(({ Properties }) => Properties.AvailabilityZone)).toEqual(zoneNames);
    expect(JSON.stringify(template.toJSON())).not.toContain('Fn::GetAZs');
  });

  test('reaches the logs from inside only for workers of EMR Serverless', () => {
    // Prepare
    const runtime = {
      kind: 'emr-serverless',
      workerVcpus: 2,
      workerMemoryGiB: 8,
      executors: 2,
      mostVcpus: 32,
      warmWorkers: 0,
    } as const;

    // Act
    const template = only({ jobs: { ...dev.jobs, runtime } });

    // Assess
    expect(services(template)).toEqual(['glue', 'kafka', 'logs', 's3']);
  });

  test('puts one interface of each endpoint in each zone that the stage names', () => {
    // Act
    const template = only({ network: { kind: 'own', zones: 3, endpointZones: 2 } });

    // Assess
    const interfaces = Object.values(
      template.findResources('AWS::EC2::VPCEndpoint', { Properties: { VpcEndpointType: 'Interface' } }),
    );
    expect(interfaces.map(({ Properties }) => Properties.SubnetIds.length)).toEqual([2, 2]);
  });
});
