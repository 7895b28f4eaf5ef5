import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ISecurityGroup, ISubnet } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnCluster } from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import { stateful } from '../constructs/removal.ts';
import { StageLogGroup } from '../constructs/stage-log-group.ts';
import { StreamTopic } from '../constructs/stream-topic.ts';
import type { Manifest } from '../contract/manifest.ts';
import { publishedTopicSettingsOf, topicSettingsOf } from '../contract/topic-settings.ts';
import { zonesOf } from '../stage-settings.ts';
import type { Stage } from '../stages.ts';

export interface StreamStackProps extends StackProps {
  readonly stage: Stage;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  readonly key: IKey;
  readonly manifests: readonly Manifest[];
}

/** Provisioned MSK, IAM authentication over TLS only, a topic of each dataset's events and those that it publishes to. */
export class StreamStack extends Stack {
  readonly clusterArn: string;

  constructor(scope: Construct, id: string, props: StreamStackProps) {
    super(scope, id, props);
    const { stage } = props;
    const brokers = stage.kafka as Exclude<Stage['kafka'], { kind: 'existing' }>;

    const logs = new StageLogGroup(this, 'BrokerLogs', {
      stage,
      key: props.key,
      // Vended logs under this prefix share one resource policy; others each lengthen it up to its limit.
      logGroupName: `/aws/vendedlogs/millrace/${stage.name}/kafka`,
    });
    const cluster = new CfnCluster(this, 'Cluster', {
      clusterName: `millrace-${stage.name}`,
      kafkaVersion: brokers.version,
      numberOfBrokerNodes: zonesOf(stage) * brokers.perZone,
      brokerNodeGroupInfo: {
        instanceType: brokers.instanceType,
        clientSubnets: props.subnets.map((subnet) => subnet.subnetId),
        securityGroups: [props.securityGroup.securityGroupId],
        ...(brokers.kind === 'standard'
          ? { storageInfo: { ebsStorageInfo: { volumeSize: brokers.volumeGiB } } }
          : {}),
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
      enhancedMonitoring: 'PER_TOPIC_PER_BROKER',
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logs.logGroupName } } },
    });
    stateful(cluster, 'Cluster', stage);
    this.clusterArn = cluster.ref;

    for (const manifest of props.manifests) {
      const events = topicSettingsOf(manifest, stage.topics.minimumRetentionHours);
      for (const settings of [events, ...publishedTopicSettingsOf(manifest)])
        new StreamTopic(this, settings.name, { stage, clusterArn: this.clusterArn, settings });
    }

    new CfnOutput(this, 'ClusterArn', { value: this.clusterArn });
  }
}
