import { Arn, Fn, type Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** Of Kafka itself: what a consumer of one topic in one group may do. */
export interface KafkaConsumer {
  readonly stack: Stack;
  readonly clusterArn: string;
  readonly topic: string;
  /** Group id, or a prefix of group ids that ends in `*`. */
  readonly group: string;
}

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

/**
 * Statements that let a consumer read a topic under IAM authentication. The event source mapping construct of the
 * CDK grants none of the `kafka-cluster` actions, and a consumer without them only ever times out.
 */
export function kafkaConsumerStatements(consumer: KafkaConsumer): PolicyStatement[] {
  const { stack, clusterArn } = consumer;
  const allow = (actions: string[], resources: string[]) =>
    new PolicyStatement({ effect: Effect.ALLOW, actions, resources });
  return [
    allow(
      [
        'kafka-cluster:Connect',
        'kafka-cluster:DescribeCluster',
        'kafka-cluster:DescribeClusterDynamicConfiguration',
      ],
      [clusterArn],
    ),
    allow(
      ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      [kafkaArn(stack, 'topic', clusterArn, consumer.topic)],
    ),
    allow(
      ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
      [kafkaArn(stack, 'group', clusterArn, consumer.group)],
    ),
    allow(['kafka:DescribeCluster', 'kafka:DescribeClusterV2'], [clusterArn]),
    // GetBootstrapBrokers knows no resource type.
    allow(['kafka:GetBootstrapBrokers'], ['*']),
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
