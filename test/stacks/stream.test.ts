import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { landingGroup } from '../../lib/constructs/kafka-access.ts';
import { logicalName } from '../../lib/constructs/logical-name.ts';
import { SchemaCatalogue } from '../../lib/constructs/schema-catalogue.ts';
import { serverPropertiesOf, stageTopicConfigs } from '../../lib/constructs/stream-settings.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { publicationsOf } from '../../lib/contract/publication.ts';
import { nextRelease, type Releases } from '../../lib/contract/release.ts';
import { millraceApp } from '../../lib/stacks/millrace.ts';
import { zonesOf } from '../../lib/stage-settings.ts';
import { stageOf } from '../../lib/stages.ts';
import { publishing } from '../datasets/publishing.ts';
import { scratchFolder } from './scratch.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

describe.each(['dev', 'prod'] as const)('stream of %s', (name) => {
  const stage = stageOf(name);
  // Express brokers let nobody set it.
  const inSync = name === 'dev' ? { 'min.insync.replicas': '1' } : {};
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
      EncryptionInfo: {
        EncryptionAtRest: { DataVolumeKMSKeyId: { 'Fn::ImportValue': expect.stringContaining('Key') } },
        EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true },
      },
      ConfigurationInfo: {
        Arn: { 'Fn::GetAtt': ['ClusterConfiguration', 'Arn'] },
        Revision: { 'Fn::GetAtt': ['ClusterConfiguration', 'LatestRevision.Revision'] },
      },
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
        ...inSync,
      });
    }
  });

  test('sets of the brokers what MSK lets be set', () => {
    // Act
    const properties = resourcesOf(made.templates.Stream).ClusterConfiguration?.Properties;

    // Assess
    const lines = String(properties?.ServerProperties).trim().split('\n');
    expect(lines).toContain('auto.create.topics.enable=false');
    if (stage.kafka.kind === 'standard') expect(lines).toContain('unclean.leader.election.enable=false');
    else expect(lines).toHaveLength(1);
  });

  test('registers the schema of each topic', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Stream);
    const topics = Object.values(resources).filter(({ Type }) => Type === 'AWS::MSK::Topic');

    // Act
    const schemas = Object.values(resources).filter(({ Type }) => Type === 'AWS::Glue::Schema');

    // Assess
    expect(schemas.map(({ Properties }) => Properties.Name).sort()).toEqual(
      topics.map(({ Properties }) => Properties.TopicName).sort(),
    );
    for (const { Properties, DeletionPolicy } of schemas) {
      expect(Properties).toMatchObject({
        DataFormat: 'JSON',
        Registry: { Arn: { 'Fn::GetAtt': ['Registry', 'Arn'] } },
      });
      expect(DeletionPolicy).toBe(stage.removal === 'retain' ? 'RetainExceptOnCreate' : 'Delete');
      expect(JSON.parse(String(Properties.SchemaDefinition))).toMatchObject({ type: 'object', version: 1 });
    }
  });

  test('tells of the brokers what their kind publishes', () => {
    // Act
    const alarms = Object.keys(made.templates.Stream.findResources('AWS::CloudWatch::Alarm'));

    // Assess
    const own = alarms.filter((id) => !/^Kafka(Lag|Stands)/.test(id));
    expect(own.sort()).toEqual(
      stage.kafka.kind === 'standard'
        ? ['KafkaController', 'KafkaDiskUsed', 'KafkaOffline', 'KafkaUnderReplicated']
        : ['KafkaController'],
    );
  });

  test('tells of each landing that stands still or is behind', () => {
    // Prepare
    const minutes = stage.alarms.downMinutes;

    // Act
    const alarms = made.manifests.map(({ dataset }) =>
      ['Lag', 'Stands'].map(
        (what) => resourcesOf(made.templates.Stream)[`Kafka${what}${logicalName(dataset)}`]?.Properties,
      ),
    );

    // Assess
    for (const [index, { dataset, topic }] of made.manifests.entries()) {
      const [lag, stands] = alarms[index] ?? [];
      const common = { EvaluationPeriods: minutes, AlarmActions: [expect.anything()] };
      const Dimensions = [
        { Name: 'Cluster Name', Value: `millrace-${name}` },
        { Name: 'Consumer Group', Value: `millrace-${name}-${dataset}-land` },
        { Name: 'Topic', Value: topic.name },
      ];
      expect(lag).toMatchObject({
        ...common,
        AlarmName: `millrace-${name}-${dataset}-lag`,
        MetricName: 'EstimatedMaxTimeLag',
        Threshold: 60 * minutes,
        Dimensions,
      });
      // Of one metric alone: another that is not published would silence it.
      expect(stands).toMatchObject({
        ...common,
        AlarmName: `millrace-${name}-${dataset}-stands`,
        Metrics: [
          { Expression: expect.stringContaining('DIFF(offsets) >= 0') },
          { Id: 'offsets', MetricStat: { Metric: { MetricName: 'MaxOffsetLag', Dimensions } } },
        ],
      });
    }
  });

  test('watches the group that the landing reads in', () => {
    // Act
    const mappings = Object.values(
      made.templates.Ingest.findResources('AWS::Lambda::EventSourceMapping'),
    ).flatMap(({ Properties }) => Properties.AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId ?? []);

    // Assess
    expect(mappings.sort()).toEqual(made.manifests.map((manifest) => landingGroup(stage, manifest)).sort());
  });

  test('has a topic for each published table, as the contract says', () => {
    // Prepare, Act
    const { TopicWareRows: rows, TopicWareMinutes: minutes } = resourcesOf(made.templates.Stream);

    // Assess
    expect(rows).toMatchObject({
      Type: 'AWS::MSK::Topic',
      DeletionPolicy: stage.removal === 'retain' ? 'RetainExceptOnCreate' : 'Delete',
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
      ...inSync,
    });
  });

  test('keeps brokers and topics as the stage says', () => {
    // Prepare
    const policy = stage.removal === 'retain' ? 'RetainExceptOnCreate' : 'Delete';

    // Act
    const { Cluster, TopicIotEvents } = resourcesOf(made.templates.Stream);

    // Assess
    expect(Cluster?.DeletionPolicy).toBe(policy);
    expect(TopicIotEvents?.DeletionPolicy).toBe(policy);
  });
});

describe('standard brokers in three zones', () => {
  test('keep two of three replicas in sync', () => {
    // Prepare
    const kafka = {
      kind: 'standard',
      version: '3.8.x',
      instanceType: 'kafka.m7g.large',
      perZone: 1,
      volumeGiB: 100,
    } as const;
    const stage = { ...stageOf('prod'), kafka };

    // Act
    const configs = stageTopicConfigs(stage);
    const properties = serverPropertiesOf(stage, kafka);

    // Assess
    expect(configs).toEqual({ 'min.insync.replicas': '2' });
    expect(properties).toContain('default.replication.factor=3\nmin.insync.replicas=2\n');
  });
});

describe('the schema registry', () => {
  const catalogue = (manifest: Manifest, releases: Releases) => {
    const stack = new Stack(millraceApp({ outdir: scratchFolder() }), 'Schemas');
    new SchemaCatalogue(stack, 'Schemas', { stage: stageOf('dev'), manifests: [manifest], releases });
    return resourcesOf(Template.fromStack(stack));
  };
  const wider = (manifest: Manifest, column: string): Manifest => ({
    ...manifest,
    fields: manifest.fields.map((field) => (field.column === column ? { ...field, required: false } : field)),
  });

  test('keeps the first definition, and adds later ones in order', () => {
    // Prepare
    const [a = '', b = ''] = publishing.fields.map(({ column }) => column);
    const first = nextRelease(publishing, undefined);
    const second = wider(publishing, a);
    const third = wider(second, b);
    const released = nextRelease(third, nextRelease(second, first));

    // Act
    const before = catalogue(publishing, { ware: first });
    const after = catalogue(third, { ware: released });

    // Assess
    expect(after.SchemaWareEvents).toEqual(before.SchemaWareEvents);
    const numbers = ['SchemaWareEventsVersion2', 'SchemaWareEventsVersion3'].map((id) => after[id]);
    expect(
      numbers.map((one) => JSON.parse(String(one?.Properties.SchemaDefinition)) as { version: number }),
    ).toMatchObject([{ version: 2 }, { version: 3 }]);
    expect(numbers.map((one) => one?.DependsOn)).toEqual([
      ['SchemaWareEvents'],
      ['SchemaWareEventsVersion2'],
    ]);
    expect(after).not.toHaveProperty('SchemaWareEventsVersion4');
  });

  test('takes a contract that is ahead of its release for what it is', () => {
    // Prepare
    const [a = ''] = publishing.fields.map(({ column }) => column);

    // Act
    const resources = catalogue(wider(publishing, a), { ware: nextRelease(publishing, undefined) });

    // Assess
    expect(resources).toHaveProperty('SchemaWareEventsVersion2');
  });

  test('refuses a schema that it would not take', () => {
    // Prepare
    const long = { ...publishing, description: 'x'.repeat(200_000) };

    // Act
    const act = () => catalogue(long, {});

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR205', where: 'topic ware-events' }));
  });
});
