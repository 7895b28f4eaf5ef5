import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ISecurityGroup, ISubnet } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { SchemaCatalogue } from '../constructs/schema-catalogue.ts';
import { StreamAlarms } from '../constructs/stream-alarms.ts';
import { StreamCluster } from '../constructs/stream-cluster.ts';
import { StreamTopic } from '../constructs/stream-topic.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Releases } from '../contract/release.ts';
import { publishedTopicSettingsOf, topicSettingsOf } from '../contract/topic-settings.ts';
import type { Stage } from '../stages.ts';

export interface StreamStackProps extends StackProps {
  readonly stage: Stage;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  readonly key: IKey;
  readonly manifests: readonly Manifest[];
  /** What is deployed of the datasets, by name. */
  readonly releases?: Releases | undefined;
}

/** The brokers, made for the stage or there already; a topic of each dataset's events and those that it publishes to; their schemas. */
export class StreamStack extends Stack {
  readonly clusterArn: string;

  constructor(scope: Construct, id: string, props: StreamStackProps) {
    super(scope, id, props);
    const { stage, manifests } = props;
    const { kafka } = stage;

    const alarms = new StreamAlarms(this, 'Alarms', { stage, manifests });
    if (kafka.kind === 'existing') this.clusterArn = kafka.clusterArn;
    else {
      const { key, subnets, securityGroup } = props;
      const cluster = new StreamCluster(this, 'Brokers', { stage, kafka, key, subnets, securityGroup });
      this.clusterArn = cluster.clusterArn;
      // There is nothing to measure before.
      alarms.node.addDependency(cluster);
    }

    for (const manifest of manifests) {
      const events = topicSettingsOf(manifest, stage.topics.minimumRetentionHours);
      for (const settings of [events, ...publishedTopicSettingsOf(manifest)])
        new StreamTopic(this, settings.name, { stage, clusterArn: this.clusterArn, settings });
    }
    new SchemaCatalogue(this, 'Schemas', { stage, manifests, releases: props.releases ?? {} });

    new CfnOutput(this, 'ClusterArn', { value: this.clusterArn });
  }
}
