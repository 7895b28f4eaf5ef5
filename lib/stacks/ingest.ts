import { Stack, type StackProps } from 'aws-cdk-lib';
import type { ISecurityGroup, ISubnet } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { KafkaAccessFunction } from '../constructs/kafka-access-function.ts';
import { Landing } from '../constructs/landing.ts';
import type { LakeBuckets } from '../constructs/locations.ts';
import { RestSourceIngest } from '../constructs/rest-source.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';

export interface IngestStackProps extends StackProps {
  readonly stage: Stage;
  readonly clusterArn: string;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  /** Of what runs in the VPC and reaches both the brokers and the endpoints. */
  readonly clients: ISecurityGroup;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  readonly manifests: readonly Manifest[];
}

/** What leads to bronze: each dataset's landing, and its REST sources. And the way of the `millrace` command to the brokers. */
export class IngestStack extends Stack {
  constructor(scope: Construct, id: string, props: IngestStackProps) {
    super(scope, id, props);
    for (const manifest of props.manifests)
      new Landing(this, manifest.dataset, {
        stage: props.stage,
        manifest,
        clusterArn: props.clusterArn,
        buckets: props.buckets,
        key: props.key,
        subnetIds: props.subnets.map((subnet) => subnet.subnetId),
        securityGroupId: props.securityGroup.securityGroupId,
      });
    for (const manifest of props.manifests)
      for (const source of manifest.sources)
        if (source.kind === 'rest')
          new RestSourceIngest(this, `${manifest.dataset}-${source.name}`, {
            stage: props.stage,
            manifest,
            source,
            clusterArn: props.clusterArn,
            buckets: props.buckets,
            key: props.key,
            subnetIds: props.subnets.map((subnet) => subnet.subnetId),
            securityGroupId: props.clients.securityGroupId,
          });
    new KafkaAccessFunction(this, 'KafkaAccess', {
      stage: props.stage,
      manifests: props.manifests,
      clusterArn: props.clusterArn,
      key: props.key,
      subnetIds: props.subnets.map((subnet) => subnet.subnetId),
      securityGroupId: props.clients.securityGroupId,
    });
  }
}
