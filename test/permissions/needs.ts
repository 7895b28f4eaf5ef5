/** Rows of the table of roles: what needs which actions, on what. */
import type { Manifest } from '../../lib/contract/manifest.ts';
import { exposureOf } from '../../lib/contract/personal.ts';
import { publicationsOf } from '../../lib/contract/publication.ts';
import type { Stage } from '../../lib/stages.ts';
import { actionsOf, type Kind, kafkaClients } from './actions.ts';

export interface Situation {
  readonly stage: Stage;
  /** Of the role; for a role of the whole stage, those of all datasets. */
  readonly manifests: readonly Manifest[];
}

export interface Need {
  /** A call of the role's own code, as calls.ts finds it; undefined where AWS or a library acts in its name. */
  readonly call?: string;
  /** What needs it, in words. */
  readonly by: string;
  readonly actions: readonly string[];
  readonly on: readonly string[];
  /** @default - always */
  readonly only?: Condition;
}

interface Condition {
  readonly text: string;
  readonly holds: (situation: Situation) => boolean;
}

export const because = (
  by: string,
  actions: readonly string[],
  on: readonly string[],
  condition?: Condition,
): Need => ({ by, actions, on, ...(condition === undefined ? {} : { only: condition }) });

/** Kinds of resources, where the call is checked against several. */
type Places = readonly string[] | Partial<Record<Kind, readonly string[]>>;

const isList = (on: Places): on is readonly string[] => Array.isArray(on);

/** A call's needs, one for each kind of resource. */
export function calling(call: string, on: Places, condition?: Condition): Need[] {
  const kinds = actionsOf[call];
  if (kinds === undefined) throw new Error(`actions.ts does not say what ${call} needs`);
  const places: Partial<Record<Kind, readonly string[]>> = isList(on) ? { only: on } : on;
  return Object.entries(kinds).map(([kind, actions]) => ({
    call,
    ...because(call, actions, places[kind as Kind] ?? [], condition),
  }));
}

const cluster = ['kafka:cluster/CLUSTER'];
export const kafka = (topics: readonly string[], groups: readonly string[] = []) => ({
  cluster,
  topic: topics.map((name) => `kafka:topic/CLUSTER/${name}`),
  group: groups.map((name) => `kafka:group/CLUSTER/${name}`),
});

export const onGlue: Condition = {
  text: 'on Glue',
  holds: ({ stage }) => stage.jobs.runtime.kind === 'glue',
};
export const onEmr: Condition = {
  text: 'on EMR Serverless',
  holds: ({ stage }) => stage.jobs.runtime.kind === 'emr-serverless',
};
export const publishes: Condition = {
  text: 'where the dataset publishes',
  holds: ({ manifests }) => manifests.some((manifest) => publicationsOf(manifest).length > 0),
};
export const grantsColumns: Condition = {
  text: 'where Lake Formation grants columns of a dataset with personal data',
  holds: ({ stage, manifests }) =>
    stage.lake.lakeFormation && manifests.some((manifest) => exposureOf(manifest).personal.length > 0),
};
export const traced: Condition = {
  text: 'where the stage traces',
  holds: ({ stage }) => stage.functions.tracing,
};

/** Under the stage's key. */
export const ciphering = (by: string): Need[] => [
  because(by, ['kms:GenerateDataKey', 'kms:Decrypt'], ['KEY']),
];

export const startsFunction = (name: string): Need =>
  because(
    'EventBridge Scheduler starts the function',
    ['lambda:InvokeFunction'],
    [`lambda:function:${name}`],
  );

/** GetBootstrapBrokers knows no resource type. */
export const brokers = (call: string) => calling(call, ['*']);

/** What Lambda does in the name of every function. */
export const functionNeeds = (logs: string): Need[] => [
  because(
    'Lambda writes the log',
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    [`logs:log-group:/millrace/STAGE/${logs}:*`],
  ),
  because(
    'Lambda sends the trace; X-Ray knows no resource',
    ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    ['*'],
    traced,
  ),
  because('Lambda decrypts the environment', ['kms:Decrypt'], ['KEY']),
];

const newInterface = ['ec2:network-interface/*', 'ec2:security-group/SECURITY_GROUP', 'ec2:subnet/SUBNET'];

/** Network interfaces that a service puts into the VPC; EC2 describes take no resource. */
const interfaces = (service: string, describes: readonly string[]): Need[] => [
  because(
    `${service} finds its place in the VPC`,
    describes.map((what) => `ec2:Describe${what}`),
    ['*'],
  ),
  because(`${service} makes network interfaces`, ['ec2:CreateNetworkInterface'], newInterface),
];
const lambdaInterfaceRemoval = because(
  'Lambda removes network interfaces; it checks this one against `*/*` when they are made',
  ['ec2:DeleteNetworkInterface'],
  ['ec2:*/*'],
);

/** A function inside the VPC. */
export const functionInVpc: readonly Need[] = [
  ...interfaces('Lambda', ['NetworkInterfaces', 'Subnets']),
  because(
    'Lambda gives its network interfaces addresses, as AWS lists for own policies',
    ['ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
    ['ec2:network-interface/*'],
  ),
  lambdaInterfaceRemoval,
];

/** Pollers of an event source mapping from MSK, which act as the function's role. */
export const pollers = (topic: string, group: string): Need[] => [
  because('the pollers of the event source mapping find the cluster', ['kafka:DescribeClusterV2'], cluster),
  because(
    'the pollers of the event source mapping find the brokers; GetBootstrapBrokers knows no resource type',
    ['kafka:GetBootstrapBrokers'],
    ['*'],
  ),
  because(
    'the pollers of the event source mapping connect',
    ['kafka-cluster:Connect', 'kafka-cluster:DescribeClusterDynamicConfiguration'],
    cluster,
  ),
  ...consumer('the pollers of the event source mapping read', topic, group),
  ...interfaces('the event source mapping', ['NetworkInterfaces', 'SecurityGroups', 'Subnets', 'Vpcs']),
  lambdaInterfaceRemoval,
];

const consumer = (by: string, topic: string, group: string): Need[] =>
  Object.entries(kafkaClients.consuming).map(([kind, actions]) =>
    because(by, actions, kafka([topic], [group])[kind as 'cluster' | 'topic' | 'group']),
  );

/** Spark's Kafka source reads under a group id that it makes up for each query. */
export const sparkReadsKafka: readonly Need[] = [
  ...brokers('kafka get_bootstrap_brokers'),
  ...consumer("Spark's Kafka source reads", 'TOPIC', 'spark-kafka-source-*'),
];

export const sparkPublishes: readonly Need[] = Object.entries(kafkaClients.producing).map(([kind, actions]) =>
  because(
    "Spark's Kafka sink writes, with the idempotence of Kafka's clients",
    actions,
    kafka(['PUBLISHED'])[kind as 'cluster' | 'topic'],
    publishes,
  ),
);

/** A job's way into the VPC. EMR Serverless makes its interfaces by a role of its own. */
export const glueInVpc: readonly Need[] = [
  ...[
    ...interfaces('Glue', [
      'NetworkInterfaces',
      'RouteTables',
      'SecurityGroups',
      'Subnets',
      'VpcAttribute',
      'VpcEndpoints',
    ]),
    because(
      'Glue removes its network interfaces',
      ['ec2:DeleteNetworkInterface'],
      ['ec2:network-interface/*'],
    ),
    because(
      'Glue marks the interfaces that it makes',
      ['ec2:CreateTags', 'ec2:DeleteTags'],
      ['ec2:network-interface/* if aws:TagKeys aws-glue-service-resource'],
    ),
    because(
      'Glue reads its connection',
      ['glue:GetConnection'],
      ['glue:catalog', 'glue:connection/millrace-STAGE'],
    ),
  ].map((need) => ({ ...need, only: onGlue })),
];

export interface JobPlaces {
  /** Tables it only reads, and those it commits to. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Files that Spark and Iceberg only read, and those they write. */
  readonly readFiles: readonly string[];
  readonly files: readonly string[];
  /** Objects that the job itself reads, writes and deletes. */
  readonly objects: readonly string[];
  /** Buckets besides Lake and State that it lists. */
  readonly listed?: readonly string[];
}

export const tablesOf = (names: readonly string[]) => [
  'glue:catalog',
  'glue:database/DATABASE',
  ...names.map((name) => `glue:table/DATABASE/${name}`),
];

/** What every Spark job needs: its code, Iceberg on the Glue catalog, objects by boto3, its log and metrics. */
export const jobNeeds = (kind: string, places: JobPlaces): Need[] => [
  because(
    'Glue or EMR reads the script, its packages, its jars and its manifest',
    ['s3:GetObject'],
    ['ASSET'],
  ),
  because(
    "Iceberg's catalog loads tables",
    ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables'],
    tablesOf([...places.reads, ...places.writes]),
  ),
  because("Iceberg's catalog commits", ['glue:UpdateTable'], tablesOf(places.writes)),
  because('Spark and Iceberg read what the job only reads', ['s3:GetObject'], places.readFiles),
  because(
    'Spark and Iceberg read, write and expire their files',
    ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    places.files,
  ),
  ...['s3 get_object', 's3 put_object', 's3 delete_object'].flatMap((call) => calling(call, places.objects)),
  ...calling('s3 list_objects_v2', ['State', ...(places.listed ?? [])]),
  because('Spark and Iceberg list their files', ['s3:ListBucket'], ['Lake', 'State']),
  because(
    'Spark and Iceberg give up an upload in parts',
    ['s3:AbortMultipartUpload'],
    [...places.files, ...places.objects].filter((place) => /^(Lake|State)/.test(place)),
  ),
  because("Spark's file system finds a bucket's region", ['s3:GetBucketLocation'], ['Lake', 'State']),
  ...ciphering('S3 encrypts and decrypts objects'),
  because(
    'Glue writes the log, into groups that are there; it may ask to make them first',
    ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
    ['error', 'output'].map((log) => `logs:log-group:/millrace/STAGE/DATASET/${kind}/${log}:*`),
    onGlue,
  ),
  because(
    'Glue publishes metrics; PutMetricData knows no resource, its namespaces bound it',
    ['cloudwatch:PutMetricData'],
    ['* if cloudwatch:namespace Glue'],
    onGlue,
  ),
  because(
    'EMR Serverless writes the log, into groups that are there; it looks for them by name',
    ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    [`logs:log-group:/millrace/STAGE/DATASET/${kind}/spark:*`],
    onEmr,
  ),
  because('EMR Serverless looks for the log group', ['logs:DescribeLogGroups'], ['logs:log-group:*'], onEmr),
];
