import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
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
    expect(services.sort()).toEqual(['glue', 'kafka', 'logs', 'monitoring', 's3']);
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
});
