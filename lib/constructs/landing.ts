import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';
import { bundledFunction, metricsNamespace } from './bundled-function.ts';
import { kafkaPollerStatements, landingGroup } from './kafka-access.ts';
import { landingAlarms } from './landing-alarms.ts';
import { type LakeBuckets, prefixesOf } from './locations.ts';
import { logicalName } from './logical-name.ts';
import { manifestText } from './manifest-file.ts';
import { networkInterfaceStatements } from './network-interfaces.ts';

/**
 * Infinite retries together with an on-failure destination are cut to 10 by Lambda, so the number is said: ten
 * thousand attempts with back-off outlast any outage that the topic's retention outlasts.
 */
const retryAttempts = 10_000;

export interface LandingProps {
  readonly stage: Stage;
  readonly manifest: Manifest;
  readonly clusterArn: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  /** Of the brokers: the pollers stand beside them. */
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
}

/** A dataset's landing: the function, and the event source mapping that feeds it from Kafka. */
export class Landing extends Construct {
  constructor(scope: Construct, id: string, props: LandingProps) {
    super(scope, id);
    const { stage, manifest, buckets } = props;
    const { dataset } = manifest;
    const group = landingGroup(stage, manifest);
    const name = group;
    const service = `land-${dataset}`;
    const prefixes = prefixesOf(manifest);
    const suffix = logicalName(dataset);

    const handler = bundledFunction(this, 'Function', {
      stage,
      key: props.key,
      functionName: name,
      description: `Lands topic ${manifest.topic.name} in bronze and quarantine`,
      logicalId: `Land${suffix}`,
      bundle: {
        entry: 'lambdas/land/index.ts',
        folder: [dataset, 'land'],
        files: { 'manifest.json': manifestText(manifest) },
      },
      role: {
        description: `Landing of dataset ${dataset}`,
        policy: 'Landing',
        statements: this.statements(props, group),
      },
      memoryMiB: stage.landing.memoryMiB,
      timeoutSeconds: stage.landing.timeoutSeconds,
      logGroupName: `/millrace/${stage.name}/${dataset}/land`,
      // A partition has one batch under way at a time, bisected or not.
      mostAtOnce: manifest.topic.partitions,
      // A batch that failed is sent again.
      failing: 'lasting',
      environment: {
        DATASET: dataset,
        MANIFEST_PATH: './manifest.json',
        BRONZE_BUCKET: buckets.bronze.bucketName,
        BRONZE_PREFIX: prefixes.bronze,
        QUARANTINE_BUCKET: buckets.quarantine.bucketName,
        QUARANTINE_PREFIX: prefixes.quarantine,
        POWERTOOLS_SERVICE_NAME: service,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
      },
    });

    const mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: handler.functionArn,
      eventSourceArn: props.clusterArn,
      topics: [manifest.topic.name],
      amazonManagedKafkaEventSourceConfig: { consumerGroupId: group },
      startingPosition: 'TRIM_HORIZON',
      batchSize: stage.landing.batchSize,
      maximumBatchingWindowInSeconds: stage.landing.batchingWindowSeconds,
      // Bisecting, retries and partial responses work for Kafka only with provisioned pollers.
      provisionedPollerConfig: {
        minimumPollers: stage.landing.pollers.minimum,
        maximumPollers: stage.landing.pollers.maximum,
      },
      functionResponseTypes: ['ReportBatchItemFailures'],
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: retryAttempts,
      maximumRecordAgeInSeconds: -1,
      destinationConfig: { onFailure: { destination: buckets.failures.bucketArn } },
      // Among them what went to the destination; without it the mapping publishes none.
      metricsConfig: { metrics: ['EventCount'] },
    });
    // A changed id would be a new mapping with the same consumer group, which Lambda refuses while the old one is there.
    mapping.overrideLogicalId(`LandMapping${suffix}`);
    landingAlarms(this, { stage, dataset, functionName: name, service, mappingId: mapping.ref, suffix });
  }

  private statements(props: LandingProps, group: string): PolicyStatement[] {
    const { manifest, buckets } = props;
    const stack = Stack.of(this);
    const prefixes = prefixesOf(manifest);
    return [
      new PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [
          buckets.bronze.arnForObjects(`${prefixes.bronze}*`),
          buckets.quarantine.arnForObjects(`${prefixes.quarantine}*`),
          buckets.failures.arnForObjects('*'),
        ],
      }),
      // Lambda lists the on-failure destination before it writes there.
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [buckets.failures.bucketArn] }),
      new PolicyStatement({
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: [props.key.keyArn],
      }),
      ...kafkaPollerStatements({
        stack,
        clusterArn: props.clusterArn,
        topic: manifest.topic.name,
        group,
      }),
      ...networkInterfaceStatements({
        of: 'pollers',
        stack,
        subnetIds: props.subnetIds,
        securityGroupIds: [props.securityGroupId],
      }),
    ];
  }
}
