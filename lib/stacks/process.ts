import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import type { ISecurityGroup, ISubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnConnection } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { DatasetJobs } from '../constructs/dataset-jobs.ts';
import type { LakeBuckets } from '../constructs/locations.ts';
import { SparkAssets } from '../constructs/spark-assets.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';

export interface ProcessStackProps extends StackProps {
  readonly stage: Stage;
  readonly clusterArn: string;
  readonly database: string;
  /** Where the workers that read Kafka stand: a Glue connection has one subnet. */
  readonly subnet: ISubnet;
  readonly securityGroup: ISecurityGroup;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  readonly manifests: readonly Manifest[];
}

/** Kafka to silver, silver to gold: the Spark jobs of every dataset. */
export class ProcessStack extends Stack {
  constructor(scope: Construct, id: string, props: ProcessStackProps) {
    super(scope, id, props);
    const { stage } = props;
    const name = `millrace-${stage.name}`;

    const connection = new CfnConnection(this, 'Connection', {
      catalogId: Aws.ACCOUNT_ID,
      connectionInput: {
        name,
        description: 'The way of the jobs to the brokers',
        connectionType: 'NETWORK',
        connectionProperties: {},
        physicalConnectionRequirements: {
          availabilityZone: props.subnet.availabilityZone,
          subnetId: props.subnet.subnetId,
          securityGroupIdList: [props.securityGroup.securityGroupId],
        },
      },
    });
    connection.overrideLogicalId('Connection');

    const assets = new SparkAssets(this, 'Assets');
    for (const manifest of props.manifests) {
      const jobs = new DatasetJobs(this, manifest.dataset, {
        stage,
        manifest,
        clusterArn: props.clusterArn,
        database: props.database,
        buckets: props.buckets,
        key: props.key,
        assets,
        connection: {
          name,
          arn: this.formatArn({ service: 'glue', resource: 'connection', resourceName: name }),
          subnetId: props.subnet.subnetId,
          securityGroupId: props.securityGroup.securityGroupId,
        },
      });
      jobs.node.addDependency(connection);
    }
  }
}
