import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { interfaceEndpointsOf } from '../../lib/constructs/network-endpoints.ts';
import { addMillrace, millraceApp } from '../../lib/stacks/millrace.ts';
import { checkedStage, type Stage, stageOf } from '../../lib/stages.ts';
import { publishing } from '../datasets/publishing.ts';
import { scratchFolder } from './scratch.ts';
import { jarsOfNothing, resourcesOf, type TemplateResource } from './synthesised.ts';

const { name: _dev, ...dev } = stageOf('dev');
const { name: _prod, ...prod } = stageOf('prod');
const zones = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'];
const subnetIds = ['subnet-0000000000000000a', 'subnet-0000000000000000b', 'subnet-0000000000000000c'];
const routeTableIds = ['rtb-0000000000000000a'];
const brokersGroup = 'sg-0123456789abcdef0';
const clusterArn =
  'arn:aws:kafka:eu-central-1:123456789012:cluster/shared/5a6b7c8d-1111-2222-3333-444455556666-7';

const within = (
  count: number,
  endpoints: 'present' | { routeTableIds: string[]; s3PrefixListId?: string },
) => ({
  kind: 'existing',
  vpcId: 'vpc-0123456789abcdef0',
  subnets: subnetIds.slice(0, count).map((subnetId, index) => ({ subnetId, zone: zones[index] })),
  endpoints,
});
const shared = { kind: 'existing', clusterArn, securityGroupId: brokersGroup };

type Part = 'Network' | 'Stream' | 'Ingest' | 'Process';
type Made = Readonly<Record<Part, Readonly<Record<string, TemplateResource>>>>;

/** The stacks of a stage with one dataset. */
function synthesised(stage: Stage): Made {
  process.env.MILLRACE_JARS_AWS = jarsOfNothing();
  const app = millraceApp({ outdir: scratchFolder() });
  const { Network, Stream, Ingest, Process } = addMillrace(app, { stage, manifests: [publishing] });
  const resources = (stack: Stack) => resourcesOf(Template.fromStack(stack));
  return {
    Network: resources(Network),
    Stream: resources(Stream),
    Ingest: resources(Ingest),
    Process: resources(Process),
  };
}

const ofType = (made: Made, part: Part, type: string) =>
  Object.values(made[part]).filter(({ Type }) => Type === type);

/** Each as the settings let it be, with what it must find there and what is made. */
const stages: readonly (readonly [
  string,
  Stage,
  { readonly endpoints: boolean; readonly cluster: boolean },
])[] = [
  [
    'standard brokers in a VPC that has endpoints',
    checkedStage('dev', { ...dev, network: within(2, 'present') }),
    { endpoints: false, cluster: true },
  ],
  [
    'Express brokers in a VPC that lacks them',
    checkedStage('prod', { ...prod, network: within(3, { routeTableIds }) }),
    { endpoints: true, cluster: true },
  ],
  [
    'a cluster and a VPC that has endpoints',
    checkedStage('dev', { ...dev, network: within(2, 'present'), kafka: shared }),
    { endpoints: false, cluster: false },
  ],
  [
    'a cluster and a VPC that lacks them',
    checkedStage('dev', {
      ...dev,
      network: within(3, { routeTableIds, s3PrefixListId: 'pl-0123456789abcdef0' }),
      kafka: shared,
    }),
    { endpoints: true, cluster: false },
  ],
];

describe.each(stages)('%s', (_what, stage, { endpoints, cluster }) => {
  let made: Made;
  beforeAll(() => {
    made = synthesised(stage);
  });

  test('gets no VPC, no subnet and no flow log of its own', () => {
    // Act
    const types = new Set(Object.values(made.Network).map(({ Type }) => Type));

    // Assess
    for (const type of ['VPC', 'Subnet', 'RouteTable', 'FlowLog'])
      expect(types).not.toContain(`AWS::EC2::${type}`);
  });

  test(`gets ${endpoints ? 'the' : 'no'} endpoints`, () => {
    // Act
    const found = ofType(made, 'Network', 'AWS::EC2::VPCEndpoint');

    // Assess
    const gateways = found.filter(({ Properties }) => Properties.VpcEndpointType === 'Gateway');
    const others = found.filter(({ Properties }) => Properties.VpcEndpointType === 'Interface');
    expect(gateways.map(({ Properties }) => Properties.RouteTableIds)).toEqual(
      endpoints ? [routeTableIds] : [],
    );
    expect(others).toHaveLength(endpoints ? interfaceEndpointsOf(stage).length : 0);
    const ids =
      stage.network.kind === 'existing' ? stage.network.subnets.map(({ subnetId }) => subnetId) : [];
    for (const { Properties } of others) expect(Properties.SubnetIds).toEqual(ids);
  });

  test('lets jobs to the brokers by group', () => {
    // Act
    const rules = ofType(made, 'Network', 'AWS::EC2::SecurityGroupIngress').filter(
      ({ Properties }) => Properties.FromPort === 9098,
    );

    // Assess
    expect(rules).toHaveLength(cluster ? 2 : 1);
    for (const { Properties } of rules) {
      expect(Properties.SourceSecurityGroupId).toBeDefined();
      if (!cluster) expect(Properties.GroupId).toBe(brokersGroup);
    }
  });

  test(`${cluster ? 'lets pollers' : 'leaves it to the owner of the cluster to let pollers'} out to S3`, () => {
    // Act
    const rules = ofType(made, 'Network', 'AWS::EC2::SecurityGroupEgress').filter(
      ({ Properties }) => Properties.Description === 'pollers to S3',
    );

    // Assess
    expect(rules).toHaveLength(cluster ? 1 : 0);
    const owned = ofType(made, 'Network', 'AWS::EC2::SecurityGroupEgress').filter(
      ({ Properties }) => Properties.GroupId === brokersGroup,
    );
    expect(owned).toEqual([]);
  });

  test(`${cluster ? 'makes' : 'takes'} the cluster, and makes its topics and schemas`, () => {
    // Act
    const clusters = ofType(made, 'Stream', 'AWS::MSK::Cluster');
    const topics = ofType(made, 'Stream', 'AWS::MSK::Topic');
    const schemas = ofType(made, 'Stream', 'AWS::Glue::Schema');

    // Assess
    const [own] = clusters;
    expect(clusters).toHaveLength(cluster ? 1 : 0);
    if (own !== undefined)
      expect(own.Properties.BrokerNodeGroupInfo).toMatchObject({
        ClientSubnets: subnetIds.slice(0, stage.topics.replication),
      });
    expect(topics).toHaveLength(3);
    expect(schemas).toHaveLength(topics.length);
    for (const { Properties } of topics) {
      expect(Properties.ClusterArn).toEqual(cluster ? { Ref: 'Cluster' } : clusterArn);
      const configs = JSON.parse(Buffer.from(String(Properties.Configs), 'base64').toString('utf8'));
      expect('min.insync.replicas' in configs).toBe(stage.kafka.kind === 'standard');
    }
  });

  test('tells of the landings that are behind, by the name that the cluster has', () => {
    // Act
    const alarms = ofType(made, 'Stream', 'AWS::CloudWatch::Alarm');

    // Assess
    const lags = alarms.filter(({ Properties }) => /-(lag|stands)$/.test(String(Properties.AlarmName)));
    expect(lags).toHaveLength(2);
    const name = cluster ? `millrace-${stage.name}` : 'shared';
    for (const { Properties } of lags)
      expect(JSON.stringify(Properties)).toContain(`"Name":"Cluster Name","Value":"${name}"`);
  });

  test('has landings and jobs of the cluster, in the subnets', () => {
    // Act
    const mappings = ofType(made, 'Ingest', 'AWS::Lambda::EventSourceMapping').filter(
      ({ Properties }) => Properties.Topics !== undefined,
    );
    const functions = ofType(made, 'Ingest', 'AWS::Lambda::Function').flatMap(({ Properties }) =>
      Properties.VpcConfig === undefined ? [] : [Properties.VpcConfig as { SubnetIds: unknown }],
    );
    const [connection] = ofType(made, 'Process', 'AWS::Glue::Connection');

    // Assess
    expect(mappings).toHaveLength(1);
    for (const { Properties } of mappings) if (!cluster) expect(Properties.EventSourceArn).toBe(clusterArn);
    const ids =
      stage.network.kind === 'existing' ? stage.network.subnets.map(({ subnetId }) => subnetId) : [];
    expect(functions.length).toBeGreaterThan(0);
    for (const { SubnetIds } of functions) expect(SubnetIds).toEqual(ids);
    expect(connection?.Properties.ConnectionInput).toMatchObject({
      PhysicalConnectionRequirements: { AvailabilityZone: zones[0], SubnetId: subnetIds[0] },
    });
  });
});
