import { beforeAll, describe, expect, test } from 'vitest';
import { publicationsOf } from '../../lib/contract/publication.ts';
import { zonesOf } from '../../lib/stage-settings.ts';
import { stageOf } from '../../lib/stages.ts';
import { publishing } from '../datasets/publishing.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

describe.each(['dev', 'prod'] as const)('stream of %s', (name) => {
  const stage = stageOf(name);
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesised(name, [publishing]);
  });

  test('has a cluster that takes IAM over TLS and nothing else', () => {
    // Prepare
    const template = made.templates.Stream;

    // Act
    const cluster = resourcesOf(template).Cluster;

    // Assess
    expect(cluster?.Type).toBe('AWS::MSK::Cluster');
    expect(cluster?.Properties).toMatchObject({
      ClusterName: `millrace-${name}`,
      KafkaVersion: '3.8.x',
      NumberOfBrokerNodes: zonesOf(stage),
      BrokerNodeGroupInfo: { InstanceType: stage.kafka.kind === 'existing' ? '' : stage.kafka.instanceType },
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
      LoggingInfo: { BrokerLogs: { CloudWatchLogs: { Enabled: true } } },
    });
  });

  test('sizes volumes for standard brokers alone', () => {
    // Prepare, Act
    const group = resourcesOf(made.templates.Stream).Cluster?.Properties.BrokerNodeGroupInfo;

    // Assess
    if (stage.kafka.kind === 'standard')
      expect(group).toMatchObject({
        StorageInfo: { EBSStorageInfo: { VolumeSize: stage.kafka.volumeGiB } },
      });
    else expect(group).not.toHaveProperty('StorageInfo');
  });

  test('has a topic for each dataset, as its contract and the stage say', () => {
    // Prepare
    const template = made.templates.Stream;

    // Act
    const topics = Object.values(template.findResources('AWS::MSK::Topic'));

    // Assess
    expect(topics).toHaveLength(made.manifests.length + made.manifests.flatMap(publicationsOf).length);
    for (const { topic } of made.manifests) {
      const found = topics.find(({ Properties }) => Properties.TopicName === topic.name);
      expect(found?.Properties).toMatchObject({
        PartitionCount: topic.partitions,
        ReplicationFactor: stage.topics.replication,
        ClusterArn: { Ref: 'Cluster' },
      });
      const configs = JSON.parse(Buffer.from(found?.Properties.Configs, 'base64').toString('utf8'));
      const hours = Math.max(topic.retentionHours, stage.topics.minimumRetentionHours);
      expect(configs).toEqual({
        'cleanup.policy': 'delete',
        'retention.ms': String(hours * 3_600_000),
        'message.timestamp.type': 'LogAppendTime',
        'max.message.bytes': String(topic.maxMessageBytes),
      });
    }
  });

  test('has a topic for each published table, as the contract says', () => {
    // Prepare, Act
    const { TopicWareRows: rows, TopicWareMinutes: minutes } = resourcesOf(made.templates.Stream);

    // Assess
    expect(rows).toMatchObject({
      Type: 'AWS::MSK::Topic',
      DeletionPolicy: stage.removal === 'retain' ? 'Retain' : 'Delete',
      Properties: {
        TopicName: 'ware-rows',
        PartitionCount: 1,
        ReplicationFactor: stage.topics.replication,
        ClusterArn: { Ref: 'Cluster' },
      },
    });
    expect(minutes?.Properties).toMatchObject({ TopicName: 'ware-minutes', PartitionCount: 3 });
    const configs = JSON.parse(Buffer.from(String(minutes?.Properties.Configs), 'base64').toString('utf8'));
    expect(configs).toEqual({
      'cleanup.policy': 'delete',
      'retention.ms': '7200000',
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': '67536',
    });
  });

  test('keeps brokers and topics as the stage says', () => {
    // Prepare
    const policy = stage.removal === 'retain' ? 'Retain' : 'Delete';

    // Act
    const { Cluster, TopicIotEvents } = resourcesOf(made.templates.Stream);

    // Assess
    expect(Cluster?.DeletionPolicy).toBe(policy);
    expect(TopicIotEvents?.DeletionPolicy).toBe(policy);
  });
});
