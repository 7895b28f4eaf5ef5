import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pollMetrics } from '../../lambdas/fetch/metrics.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { RestSource } from '../contract/source.ts';
import type { Stage } from '../stages.ts';
import { bundledFunction, metricsNamespace } from './bundled-function.ts';
import { rateOf, scheduleFunction } from './function-schedule.ts';
import { kafkaProducerStatements } from './kafka-access.ts';
import { type LakeBuckets, prefixesOf } from './locations.ts';
import { logicalName } from './logical-name.ts';
import { referencesText } from './looked-up.ts';
import { manifestText } from './manifest-file.ts';
import { networkInterfaceStatements } from './network-interfaces.ts';
import { SourceQueue } from './source-queue.ts';

/** Pages of a poll, and what thousands of identities are remembered by. */
const fetchMemoryMiB = 512;
/** Lambda's most. */
const longestSeconds = 900;
/** Between the end of the longest poll and the next one: no two write the cursor. */
const betweenPollsSeconds = 5;
/** Some messages of 200 KiB, decoded and compressed. */
const produceMemoryMiB = 512;
const produceTimeoutSeconds = 60;
const produceBatch = 10;
/** Lambda's least bound. */
const mostConcurrent = 2;
/** A poll that failed is followed by the next so soon that one alone is not told. */
const oftenSeconds = 300;
/** Polls without a good one that call for a look. */
const silentPolls = 5;
const hourSeconds = 3_600;
const daySeconds = 86_400;

export interface RestSourceProps {
  readonly stage: Stage;
  readonly manifest: Manifest;
  readonly source: RestSource;
  readonly clusterArn: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  /** Of the function that writes to Kafka. */
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
}

const allow = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources });

/**
 * A REST source of a dataset. One function asks the API, from outside the VPC, which has no way out; a queue holds what
 * is new; another function in the VPC writes it to the dataset's topic.
 */
export class RestSourceIngest extends Construct {
  constructor(scope: Construct, id: string, props: RestSourceProps) {
    super(scope, id);
    const { stage, manifest, source } = props;
    const name = `millrace-${stage.name}-${manifest.dataset}-${source.name}`;
    const suffix = `${logicalName(manifest.dataset)}${logicalName(source.name)}`;
    const { queue } = new SourceQueue(this, 'Queue', {
      stage,
      key: props.key,
      queueName: name,
      suffix,
      timeoutSeconds: produceTimeoutSeconds,
    });
    new SourceFetch(this, 'Fetch', { ...props, name, suffix, queue });
    new SourceProduce(this, 'Produce', { ...props, name, suffix, queue });
  }
}

interface PartProps extends RestSourceProps {
  /** Of the source in its stage; its functions add to it. */
  readonly name: string;
  readonly suffix: string;
  readonly queue: IQueue;
}

/** The function that asks the API, its schedule, and the alarm that it does not come through. */
class SourceFetch extends Construct {
  constructor(scope: Construct, id: string, props: PartProps) {
    super(scope, id);
    const { stage, manifest, source, buckets, suffix } = props;
    const { dataset } = manifest;
    const name = `${props.name}-fetch`;
    const service = `fetch-${dataset}-${source.name}`;
    const cursorKey = `${prefixesOf(manifest).sources}${source.name}.json`;
    const handler = bundledFunction(this, 'Function', {
      stage,
      key: props.key,
      functionName: name,
      description: `Polls source ${source.name} of dataset ${dataset}`,
      logicalId: `Fetch${suffix}`,
      bundle: {
        entry: 'lambdas/fetch/index.ts',
        folder: [dataset, `fetch-${source.name}`],
        files: {
          'manifest.json': manifestText(manifest),
          'references.json': referencesText(manifest, source),
        },
      },
      role: {
        description: `Polls of source ${source.name} of dataset ${dataset}`,
        policy: 'Fetch',
        statements: this.statements(props, cursorKey),
      },
      memoryMiB: fetchMemoryMiB,
      timeoutSeconds: Math.min(longestSeconds, source.everySeconds - betweenPollsSeconds),
      logGroupName: `/millrace/${stage.name}/${dataset}/fetch-${source.name}`,
      // Two would write the same cursor.
      mostAtOnce: 1,
      failing: source.everySeconds > oftenSeconds ? 'each' : 'lasting',
      environment: {
        DATASET: dataset,
        SOURCE: source.name,
        MANIFEST_PATH: './manifest.json',
        REFERENCES_PATH: './references.json',
        STATE_BUCKET: buckets.state.bucketName,
        CURSOR_KEY: cursorKey,
        QUEUE_URL: props.queue.queueUrl,
        POWERTOOLS_SERVICE_NAME: service,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
      },
    });
    // The next poll does what this one could not.
    handler.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    const enabled = stage.sources.includes(`${dataset}/${source.name}`);
    scheduleFunction(this, {
      name,
      description: `The polls of source ${source.name} of dataset ${dataset}`,
      logicalId: `FetchSchedule${suffix}`,
      handler,
      expression: rateOf(source.everySeconds),
      enabled,
      retries: { attempts: 1, withinSeconds: 60 },
    });
    if (enabled) this.alarm(props, name, service);
  }

  private alarm({ manifest, source, suffix }: PartProps, name: string, service: string): void {
    const wanted = Math.max(hourSeconds, silentPolls * source.everySeconds);
    const period = Math.min(wanted, daySeconds);
    const silence = new CfnAlarm(this, 'Silence', {
      alarmName: `${name}-silent`,
      alarmDescription: `No poll has ended well for ${Math.round(wanted / 60)} minutes: see the function's log`,
      namespace: metricsNamespace,
      metricName: pollMetrics.records,
      dimensions: [
        { name: 'service', value: service },
        { name: 'dataset', value: manifest.dataset },
        { name: 'source', value: source.name },
      ],
      statistic: 'SampleCount',
      period,
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      evaluationPeriods: Math.ceil(wanted / period),
      treatMissingData: 'breaching',
    });
    silence.overrideLogicalId(`FetchSilent${suffix}`);
  }

  private statements(props: PartProps, cursorKey: string): PolicyStatement[] {
    const { source, buckets, key, queue } = props;
    return [
      allow(['s3:GetObject', 's3:PutObject'], [buckets.state.arnForObjects(cursorKey)]),
      // Without ListBucket a missing object reads as forbidden, not as missing.
      allow(['s3:ListBucket'], [buckets.state.bucketArn]),
      allow(['sqs:SendMessage'], [queue.queueArn]),
      allow(['kms:GenerateDataKey', 'kms:Decrypt'], [key.keyArn]),
      ...(source.secret === null
        ? []
        : [allow(['secretsmanager:GetSecretValue'], [this.secretArn(source.secret.name)])]),
    ];
  }

  /** The service adds six characters of its own to a secret's name. */
  private secretArn(name: string): string {
    return Arn.format(
      {
        service: 'secretsmanager',
        resource: 'secret',
        resourceName: `${name}-??????`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      Stack.of(this),
    );
  }
}

/** The function that writes what the queue holds to the topic. */
class SourceProduce extends Construct {
  constructor(scope: Construct, id: string, props: PartProps) {
    super(scope, id);
    const { stage, manifest, source, suffix, queue } = props;
    const { dataset, topic } = manifest;
    const handler = bundledFunction(this, 'Function', {
      stage,
      key: props.key,
      functionName: `${props.name}-produce`,
      description: `Writes what source ${source.name} found to topic ${topic.name}`,
      logicalId: `Produce${suffix}`,
      bundle: {
        entry: 'lambdas/produce/index.ts',
        folder: [dataset, `produce-${source.name}`],
        files: { 'manifest.json': manifestText(manifest) },
      },
      role: {
        description: `Writes source ${source.name} of dataset ${dataset} to Kafka`,
        policy: 'Produce',
        statements: this.statements(props),
      },
      memoryMiB: produceMemoryMiB,
      timeoutSeconds: produceTimeoutSeconds,
      logGroupName: `/millrace/${stage.name}/${dataset}/produce-${source.name}`,
      mostAtOnce: mostConcurrent,
      // A message that could not be written comes again.
      failing: 'lasting',
      environment: {
        DATASET: dataset,
        SOURCE: source.name,
        MANIFEST_PATH: './manifest.json',
        CLUSTER_ARN: props.clusterArn,
        POWERTOOLS_SERVICE_NAME: `produce-${dataset}-${source.name}`,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
      },
      network: { subnetIds: props.subnetIds, securityGroupId: props.securityGroupId },
    });
    const mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: handler.functionArn,
      eventSourceArn: queue.queueArn,
      batchSize: produceBatch,
      functionResponseTypes: ['ReportBatchItemFailures'],
      scalingConfig: { maximumConcurrency: mostConcurrent },
    });
    mapping.overrideLogicalId(`ProduceMapping${suffix}`);
  }

  private statements(props: PartProps): PolicyStatement[] {
    const { manifest, clusterArn, key, queue } = props;
    const stack = Stack.of(this);
    return [
      // Lambda reads the queue as the function's role, from outside the VPC.
      allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [queue.queueArn]),
      allow(['kms:Decrypt'], [key.keyArn]),
      ...kafkaProducerStatements({ stack, clusterArn, topics: [manifest.topic.name] }),
      // GetBootstrapBrokers knows no resource type.
      allow(['kafka:GetBootstrapBrokers'], ['*']),
      ...networkInterfaceStatements({
        of: 'function',
        stack,
        subnetIds: props.subnetIds,
        securityGroupIds: [props.securityGroupId],
      }),
    ];
  }
}
