/**
 * What IAM asks of a caller, by the call. Actions are listed by the kind of resource that they are checked against, where
 * there are several: a row of roles.ts names the resources of each kind.
 *
 * Sources: the Service Authorization Reference; for Kafka, "Common use cases for client authorization policy" and
 * "Semantics of IAM authorization policy actions and resources" of the MSK developer guide.
 */
export type Kind = 'only' | 'cluster' | 'topic' | 'group';

const only = (...actions: string[]): Partial<Record<Kind, readonly string[]>> => ({ only: actions });

/** A client of Kafka that asks about topics. */
const describing = { cluster: ['kafka-cluster:Connect'], topic: ['kafka-cluster:DescribeTopic'] };
const producing = {
  cluster: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
  topic: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
};
/** In a group of its own. */
const consuming = {
  cluster: ['kafka-cluster:Connect'],
  topic: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
  group: ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
};

export const actionsOf: Readonly<Record<string, Partial<Record<Kind, readonly string[]>>>> = {
  'athena GetQueryExecution': only('athena:GetQueryExecution'),
  'athena GetQueryResults': only('athena:GetQueryResults'),
  'athena StartQueryExecution': only('athena:StartQueryExecution'),
  'emr-serverless CancelJobRun': only('emr-serverless:CancelJobRun'),
  'emr-serverless GetJobRun': only('emr-serverless:GetJobRun'),
  'emr-serverless ListJobRuns': only('emr-serverless:ListJobRuns'),
  'emr-serverless StartJobRun': only('emr-serverless:StartJobRun'),
  'glue BatchStopJobRun': only('glue:BatchStopJobRun'),
  'glue GetJobRuns': only('glue:GetJobRuns'),
  'glue StartJobRun': only('glue:StartJobRun'),
  'kafka GetBootstrapBrokers': only('kafka:GetBootstrapBrokers'),
  'lambda Invoke': only('lambda:InvokeFunction'),
  's3 GetObject': only('s3:GetObject'),
  's3 HeadObject': only('s3:GetObject'),
  's3 ListObjectsV2': only('s3:ListBucket'),
  's3 PutObject': only('s3:PutObject'),
  'secrets-manager GetSecretValue': only('secretsmanager:GetSecretValue'),
  'sqs SendMessageBatch': only('sqs:SendMessage'),

  'kafkajs admin.connect': { cluster: ['kafka-cluster:Connect'] },
  'kafkajs admin.deleteGroups': {
    cluster: ['kafka-cluster:Connect'],
    group: ['kafka-cluster:DescribeGroup', 'kafka-cluster:DeleteGroup'],
  },
  'kafkajs admin.fetchOffsets': { ...describing, group: ['kafka-cluster:DescribeGroup'] },
  'kafkajs admin.fetchTopicOffsets': describing,
  'kafkajs admin.fetchTopicOffsetsByTimestamp': describing,
  'kafkajs consumer.connect': { cluster: ['kafka-cluster:Connect'] },
  'kafkajs consumer.run': consuming,
  'kafkajs consumer.subscribe': describing,
  'kafkajs kafka.consumer': { cluster: ['kafka-cluster:Connect'] },
  'kafkajs kafka.producer': { cluster: ['kafka-cluster:Connect'] },
  'kafkajs producer.connect': { cluster: ['kafka-cluster:Connect'] },
  'kafkajs producer.send': producing,

  'kafka get_bootstrap_brokers': only('kafka:GetBootstrapBrokers'),
  's3 delete_object': only('s3:DeleteObject'),
  's3 get_object': only('s3:GetObject'),
  's3 list_objects_v2': only('s3:ListBucket'),
  's3 put_object': only('s3:PutObject'),
};

/** What Kafka's own clients do, inside Spark: `consuming` reads with offsets of its own, and commits none. */
export const kafkaClients = { consuming, producing } as const;
