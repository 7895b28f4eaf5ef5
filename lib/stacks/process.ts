import { Stack, type StackProps } from 'aws-cdk-lib';
import type { ISecurityGroup, ISubnet } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { DatasetJobs } from '../constructs/dataset-jobs.ts';
import { EmrServerlessRuntime } from '../constructs/emr-serverless.ts';
import { KeepAlive } from '../constructs/keep-alive.ts';
import type { LakeBuckets } from '../constructs/locations.ts';
import { SparkAssets } from '../constructs/spark-assets.ts';
import { GlueRuntime } from '../constructs/spark-glue.ts';
import type { SparkRuntime } from '../constructs/spark-runtime.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';

export interface ProcessStackProps extends StackProps {
  readonly stage: Stage;
  readonly clusterArn: string;
  readonly database: string;
  /** Where the workers that read Kafka stand under Glue, whose connections have one subnet. */
  readonly subnet: ISubnet;
  /** Where all workers stand under EMR Serverless, which goes to another zone where one fails. */
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  readonly manifests: readonly Manifest[];
}

/** Kafka to silver, silver to gold: the Spark jobs of every dataset, and what keeps them running. */
export class ProcessStack extends Stack {
  /** Of EMR Serverless, where the jobs run there. */
  readonly applicationId: string | undefined;

  constructor(scope: Construct, id: string, props: ProcessStackProps) {
    super(scope, id, props);
    const { stage, key, buckets } = props;
    const assets = new SparkAssets(this, 'Assets');
    const runtime = this.runtime(props);
    this.applicationId = runtime instanceof EmrServerlessRuntime ? runtime.applicationId : undefined;
    const datasets = props.manifests.map(
      (manifest) =>
        new DatasetJobs(this, manifest.dataset, {
          stage,
          manifest,
          clusterArn: props.clusterArn,
          database: props.database,
          buckets,
          key,
          assets,
          runtime,
        }),
    );
    const jobs = datasets.flatMap(({ kept }) => kept);
    new KeepAlive(this, 'KeepAlive', { stage, key, state: buckets.state, jobs });
  }

  private runtime(props: ProcessStackProps): SparkRuntime {
    const { stage, key } = props;
    const { securityGroupId } = props.securityGroup;
    const settings = stage.jobs.runtime;
    return settings.kind === 'glue'
      ? new GlueRuntime(this, { stage, settings, key, subnet: props.subnet, securityGroupId })
      : new EmrServerlessRuntime(this, {
          stage,
          settings,
          key,
          subnetIds: props.subnets.map(({ subnetId }) => subnetId),
          securityGroupId,
        });
  }
}
