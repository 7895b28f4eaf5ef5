import type { ISecurityGroup, ISubnet } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnCluster, CfnConfiguration } from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import { zonesOf } from '../stage-settings.ts';
import type { Stage } from '../stages.ts';
import { stateful } from './removal.ts';
import { StageLogGroup } from './stage-log-group.ts';
import { clusterNameOf, type OwnKafka, serverPropertiesOf } from './stream-settings.ts';

export interface StreamClusterProps {
  readonly stage: Stage;
  readonly kafka: OwnKafka;
  readonly key: IKey;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
}

/** Provisioned MSK: IAM authentication over TLS only, encrypted with the stage's key. */
export class StreamCluster extends Construct {
  readonly clusterArn: string;

  constructor(scope: Construct, id: string, props: StreamClusterProps) {
    super(scope, id);
    const { stage, kafka, key } = props;

    const logs = new StageLogGroup(this, 'Logs', {
      stage,
      key,
      // Vended logs under this prefix share one resource policy; others each lengthen it up to its limit.
      logGroupName: `/aws/vendedlogs/millrace/${stage.name}/kafka`,
    });
    const configuration = new CfnConfiguration(this, 'Configuration', {
      name: clusterNameOf(stage),
      description: `Brokers of stage ${stage.name}`,
      serverProperties: serverPropertiesOf(stage, kafka),
    });
    stateful(configuration, 'ClusterConfiguration', stage);

    const cluster = new CfnCluster(this, 'Cluster', {
      clusterName: clusterNameOf(stage),
      kafkaVersion: kafka.version,
      numberOfBrokerNodes: zonesOf(stage) * kafka.perZone,
      brokerNodeGroupInfo: {
        instanceType: kafka.instanceType,
        clientSubnets: props.subnets.map((subnet) => subnet.subnetId),
        securityGroups: [props.securityGroup.securityGroupId],
        ...(kafka.kind === 'standard'
          ? { storageInfo: { ebsStorageInfo: { volumeSize: kafka.volumeGiB } } }
          : {}),
      },
      configurationInfo: {
        arn: configuration.attrArn,
        revision: configuration.attrLatestRevisionRevision,
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: {
        encryptionAtRest: { dataVolumeKmsKeyId: key.keyArn },
        encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
      },
      // Free, and has what the alarms need: disks, controller, partitions, lag of consumers.
      enhancedMonitoring: 'DEFAULT',
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logs.logGroupName } } },
    });
    stateful(cluster, 'Cluster', stage);
    this.clusterArn = cluster.ref;
  }
}
