import { Arn, Fn, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';

/** Consumer group of a dataset's landing. */
export function landingGroup(stage: Pick<Stage, 'name'>, { dataset }: Pick<Manifest, 'dataset'>): string {
  return `millrace-${stage.name}-${dataset}-land`;
}

/** Of Kafka itself: what a consumer of one topic in one group may do. */
export interface KafkaConsumer {
  readonly stack: Stack;
  readonly clusterArn: string;
  readonly topic: string;
  /** Group id, or a prefix of group ids that ends in `*`. */
  readonly group: string;
}

const allow = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources });

/** `NAME/UUID` of a cluster ARN, the part that its topics' and groups' ARNs repeat. */
function clusterPath(clusterArn: string): string {
  return Fn.select(1, Fn.split(':cluster/', clusterArn));
}

/** ARN of a cluster's topic or consumer group, as IAM knows it. */
export function kafkaArn(stack: Stack, kind: 'topic' | 'group', clusterArn: string, name: string): string {
  return Arn.format(
    { service: 'kafka', resource: kind, resourceName: `${clusterPath(clusterArn)}/${name}` },
    stack,
  );
}

/** Statements that let a consumer find the brokers and read a topic in a group, under IAM authentication. */
export function kafkaConsumerStatements(consumer: KafkaConsumer): PolicyStatement[] {
  const { stack, clusterArn } = consumer;
  return [
    allow(['kafka-cluster:Connect'], [clusterArn]),
    allow(
      ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      [kafkaArn(stack, 'topic', clusterArn, consumer.topic)],
    ),
    allow(
      ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
      [kafkaArn(stack, 'group', clusterArn, consumer.group)],
    ),
    // GetBootstrapBrokers knows no resource type.
    allow(['kafka:GetBootstrapBrokers'], ['*']),
  ];
}

/**
 * The same for the pollers of an event source mapping, and what Lambda asks of the cluster besides. The construct of
 * the CDK grants none of the `kafka-cluster` actions, and a consumer without them only ever times out.
 */
export function kafkaPollerStatements(consumer: KafkaConsumer): PolicyStatement[] {
  return [
    ...kafkaConsumerStatements(consumer),
    allow(
      ['kafka-cluster:DescribeClusterDynamicConfiguration', 'kafka:DescribeClusterV2'],
      [consumer.clusterArn],
    ),
  ];
}

/** What an idempotent producer, which Kafka's clients are since 3.0, may do to these topics; nothing where there is none. */
export function kafkaProducerStatements(
  producer: Pick<KafkaConsumer, 'stack' | 'clusterArn'> & { readonly topics: readonly string[] },
): PolicyStatement[] {
  const { stack, clusterArn, topics } = producer;
  if (topics.length === 0) return [];
  return [
    new PolicyStatement({
      actions: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
      resources: [clusterArn],
    }),
    new PolicyStatement({
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
      resources: topics.map((topic) => kafkaArn(stack, 'topic', clusterArn, topic)),
    }),
  ];
}
