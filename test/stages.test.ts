import { describe, expect, test } from 'vitest';
import { MillraceError } from '../lib/errors.ts';
import { zoneNamesOf } from '../lib/stage-settings.ts';
import { checkedStage, stageNames, stageOf } from '../lib/stages.ts';

function failureOf(act: () => unknown): MillraceError {
  try {
    act();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('stages', () => {
  test('dev is the default', () => {
    // Prepare
    const name = undefined;

    // Act
    const stage = stageOf(name);

    // Assess
    expect(stage.name).toBe('dev');
  });

  test.each(stageNames)('%s can be deployed', (name) => {
    // Prepare, Act
    const stage = stageOf(name);

    // Assess
    expect(stage.name).toBe(name);
  });

  test.each(['test', 'Dev', '', 1, null, 'constructor'])('%j is refused with what is allowed', (name) => {
    // Prepare, Act
    const failure = failureOf(() => stageOf(name));

    // Assess
    expect(failure.code).toBe('MR200');
    expect(failure.message).toContain(JSON.stringify(name));
    for (const allowed of stageNames) expect(failure.mend).toContain(`-c stage=${allowed}`);
  });

  test('prod keeps what Kafka has for a week, and its data for good', () => {
    // Prepare, Act
    const stage = stageOf('prod');

    // Assess
    expect(stage.topics.minimumRetentionHours).toBeGreaterThanOrEqual(168);
    expect(stage.removal).toBe('retain');
    expect(stage.kafka.kind).toBe('express');
  });
});

describe('settings', () => {
  const { name: _, ...dev } = stageOf('dev');
  const { name: __, ...prod } = stageOf('prod');

  const onEmr = (over: object) => ({
    ...dev,
    jobs: {
      ...dev.jobs,
      runtime: {
        kind: 'emr-serverless',
        workerVcpus: 4,
        workerMemoryGiB: 16,
        executors: 3,
        mostVcpus: 16,
        warmWorkers: 0,
        ...over,
      },
    },
  });
  const wrong: readonly [string, unknown, string][] = [
    ['four zones', { ...dev, network: { ...dev.network, zones: 4 } }, 'network.zones'],
    ['an unknown setting', { ...dev, zoness: 2 }, 'zoness'],
    ['a missing setting', { ...dev, removal: undefined }, 'removal'],
    ['a source without its dataset', { ...dev, sources: ['carrier'] }, 'must be DATASET/SOURCE'],
    [
      'Express brokers in two zones',
      { ...prod, network: dev.network },
      'network: Express brokers need 3 zones',
    ],
    [
      'Express topics of two replicas',
      { ...prod, topics: { ...prod.topics, replication: 2 } },
      'topics.replication',
    ],
    [
      'more replicas than brokers',
      { ...dev, topics: { ...dev.topics, replication: 3 } },
      'there are only 2 brokers',
    ],
    [
      'endpoints in zones that are not',
      { ...dev, network: { ...dev.network, endpointZones: 3 } },
      'there are only 2 zones',
    ],
    [
      'fewer zones by name than by number',
      { ...dev, network: { ...dev.network, zoneNames: ['us-east-1a'] } },
      'network.zoneNames: must be 2',
    ],
    [
      'a zone named twice',
      { ...dev, network: { ...dev.network, zoneNames: ['us-east-1a', 'us-east-1a'] } },
      'network.zoneNames: each zone may be named once',
    ],
    [
      "a zone outside the stage's region",
      {
        ...dev,
        region: 'us-east-1',
        network: { ...dev.network, zoneNames: ['us-east-1a', 'us-east-2a'] },
      },
      'network.zoneNames: us-east-2a is not in us-east-1',
    ],
    [
      "a zone's id for its name",
      { ...dev, network: { ...dev.network, zoneNames: ['use1-az1', 'use1-az2'] } },
      'network.zoneNames.0: must be an availability zone',
    ],
    [
      'a version that Express brokers have not',
      { ...prod, kafka: { ...prod.kafka, version: '3.9.x' } },
      'kafka.version',
    ],
    [
      'more pollers at least than at most',
      { ...dev, landing: { ...dev.landing, pollers: { minimum: 3, maximum: 2 } } },
      'landing.pollers.minimum',
    ],
    [
      'a batch beyond what Lambda takes',
      { ...dev, landing: { ...dev.landing, batchSize: 10_001 } },
      'batchSize',
    ],
    [
      'a rebuild that Glue stops before its time',
      { ...dev, jobs: { ...dev.jobs, rebuildTimeoutMinutes: 10_081 } },
      'jobs.rebuildTimeoutMinutes',
    ],
    ['a worker of EMR that there is not', onEmr({ workerVcpus: 4, workerMemoryGiB: 32 }), 'from 8 to 30'],
    ['a worker of EMR between two sizes', onEmr({ workerVcpus: 8, workerMemoryGiB: 18 }), 'in steps of 4'],
    ['an application of EMR without room', onEmr({ mostVcpus: 7 }), 'a driver and an executor'],
    ['more warm workers than there is room', onEmr({ warmWorkers: 5 }), 'must fit into 16 vCPUs'],
    ['a mode that is none', { ...dev, jobs: { ...dev.jobs, mode: 'sometimes' } }, 'continuous'],
    [
      'a broker that is none',
      { ...dev, kafka: { ...dev.kafka, instanceType: 't3.small' } },
      'kafka.t3.small',
    ],
  ];

  const existing = {
    ...dev,
    account: '123456789012',
    region: 'eu-central-1',
    network: {
      kind: 'existing',
      vpcId: 'vpc-0123456789abcdef0',
      subnets: [
        { subnetId: 'subnet-0123456789abcdef0', zone: 'eu-central-1a' },
        { subnetId: 'subnet-0123456789abcdef1', zone: 'eu-central-1b' },
      ],
      endpoints: 'present',
    },
    kafka: {
      kind: 'existing',
      clusterArn:
        'arn:aws:kafka:eu-central-1:123456789012:cluster/shared/5a6b7c8d-1111-2222-3333-444455556666-7',
      securityGroupId: 'sg-0123456789abcdef0',
    },
  };
  const [one, two] = existing.network.subnets;
  const within = (subnets: unknown) => ({ ...existing, network: { ...existing.network, subnets } });

  test('a VPC and a cluster that are there already can be named', () => {
    // Act
    const stage = checkedStage('dev', existing);

    // Assess
    expect(stage).toMatchObject(existing);
  });

  test.each([null, undefined, ['us-east-1a', 'us-east-1f']])('zones may be named: %j', (zoneNames) => {
    // Act
    const stage = checkedStage('dev', { ...dev, network: { ...dev.network, zoneNames } });

    // Assess
    expect(zoneNamesOf(stage)).toEqual(zoneNames ?? undefined);
  });

  test.each([
    ['a subnet named twice', within([one, { ...two, subnetId: one?.subnetId }]), 'each subnetId'],
    ['two subnets of one zone', within([one, { ...two, zone: one?.zone }]), 'each zone'],
    ['a zone of another region', within([one, { ...two, zone: 'eu-west-1b' }]), 'eu-west-1b is not in'],
    ['a cluster of another region', { ...existing, region: 'eu-central-2' }, 'must be in region'],
    ['a cluster of another account', { ...existing, account: '210987654321' }, 'must be of account'],
    ['a cluster without its VPC', { ...existing, network: dev.network }, 'the VPC that the cluster'],
    [
      'a prefix list that is none',
      { ...dev, network: { ...dev.network, s3PrefixListId: 's3' } },
      's3PrefixListId',
    ],
  ])('%s is refused', (_case, candidate, said) => {
    // Act
    const failure = failureOf(() => checkedStage('dev', candidate));

    // Assess
    expect(failure.code).toBe('MR201');
    expect(failure.where).toContain(said);
  });

  test.each(wrong)('%s is refused by name', (_case, candidate, named) => {
    // Prepare, Act
    const failure = failureOf(() => checkedStage('dev', candidate));

    // Assess
    expect(failure.code).toBe('MR201');
    expect(failure.where).toContain(named);
  });

  test('every wrong setting is named at once', () => {
    // Prepare
    const candidate = { ...dev, zoness: 9, removal: 'maybe' };

    // Act
    const failure = failureOf(() => checkedStage('dev', candidate));

    // Assess
    expect(failure.where).toContain('zones');
    expect(failure.where).toContain('removal');
  });
});
