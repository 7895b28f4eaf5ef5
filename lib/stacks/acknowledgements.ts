/**
 * Findings of cdk-nag that stay, and why: a rule, what of the resource it is about, which resources. `npm run check`
 * (bin/setup/checks/nag.ts) fails for a finding that is not here, and for an entry that finds nothing any more.
 */
import type { Acknowledgement } from '../../bin/setup/checks/findings.ts';

/** Construct paths. */
const functionRole = /(Ingest|Process|Analytics)\/.*\/Role\/Resource/;
const jobRole = /Process\/[^/]+\/\w+-role\/Resource/;
const analysts = /Analytics\/Analysts\/Role\/Resource/;
/** Only of a stage with Lake Formation and a dataset with personal data, of which the checks have none: see test/setup/nag.test.ts. */
const registrar = /Analytics\/Analysts\/Grants\/Registrar\/Resource/;
const replication = /Lake\/ReplicationRole\/Resource/;
const either = (...patterns: readonly RegExp[]) => new RegExp(patterns.map(({ source }) => source).join('|'));

/** A wildcard in the resource of a statement. */
const wildcard = (path: RegExp, detail: RegExp, reason: string): Acknowledgement => ({
  rule: 'AwsSolutions-IAM5',
  detail: new RegExp(`Resource::(?:${detail.source})`),
  path,
  reason,
});
const arn = (service: string, rest: RegExp) =>
  new RegExp(
    `arn:(?:<AWS::Partition>|aws):${service}:(?:<AWS::Region>|[\\w-]*):(?:<AWS::AccountId>|\\d*):${rest.source}`,
  );
const objectsOf = (buckets: string, prefix: RegExp) =>
  new RegExp(`[\\w-]+:ExportsOutputFnGetAtt(?:${buckets})Arn[0-9A-F]{8}/${prefix.source}`);

/**
 * Which role has which wildcard on what, and the call that needs it, is told row by row in docs/permissions.md, and held
 * to the templates by test/permissions: each of these says only why its form can be no narrower.
 */
const wildcards: readonly Acknowledgement[] = [
  wildcard(
    either(functionRole, jobRole),
    /\*/,
    'Actions that know no resource: EC2 describes, X-Ray, kafka:GetBootstrapBrokers, cloudwatch:PutMetricData (bounded by its namespace), the lists of the Athena console. None reads data',
  ),
  wildcard(
    either(functionRole, jobRole),
    objectsOf('Bronze|Quarantine', /\w+\/\*/),
    "Objects of one dataset's prefix: their names hold the partition, offset and time, and cannot be listed before",
  ),
  wildcard(
    either(jobRole, functionRole, registrar),
    objectsOf('Lake', /(silver|rejected|gold|exports)\/\w+\/\*/),
    "Files of one table's prefix: Iceberg gives each file a name of its own",
  ),
  wildcard(
    either(jobRole, /Analytics\/[^/]+-audit\/Role\/Resource/),
    objectsOf('State', /(checkpoints\/\w+\/silver|progress\/\w+)\/\*/),
    "A dataset's checkpoint and progress: Spark numbers the files of a checkpoint as it goes",
  ),
  wildcard(
    /Ingest\/[^/]+\/Role\/Resource|Analytics\/[^/]+-audit\/Role\/Resource/,
    objectsOf('Failures', /\*/),
    'Lambda names what it writes to the on-failure destination by mapping and time, with no prefix to choose; the bucket holds nothing else',
  ),
  wildcard(
    either(/Analytics\/[^/]+-audit\/Role\/Resource/, analysts),
    objectsOf('Results', /(athena|analysts)\/\*/),
    "Athena names its results by the query's id, below the prefix of the work group",
  ),
  wildcard(
    analysts,
    arn('glue', /table\/millrace_\w+\/\*/),
    "The catalogue of the stage's own database: names and columns. Rows are read by the S3 statements, which name each open prefix",
  ),
  wildcard(
    either(functionRole, jobRole),
    arn('ec2', /network-interface\/\*/),
    'An interface that a service is about to make has no id yet; subnet and security group of it are named',
  ),
  wildcard(
    /Ingest\/.*\/Role\/Resource/,
    arn('ec2', /\*\/\*/),
    'Lambda checks ec2:DeleteNetworkInterface against */* of the account when it puts a function or a mapping into the VPC, and refuses a narrower pattern',
  ),
  wildcard(
    jobRole,
    arn('kafka', /group\/.*\/spark-kafka-source-\*/),
    'Spark makes up a consumer group for each query, below this prefix',
  ),
  wildcard(
    /Ingest\/KafkaAccess\/Role\/Resource/,
    arn('kafka', /group\/.*\/millrace-audit-\*/),
    'A group for each look into a hole of offsets, made and removed again, so that two audits never share one',
  ),
  wildcard(
    jobRole,
    arn('logs', /log-group:\/millrace\/\w+\/\w+\/\w+\/(error|output|spark):\*/),
    'Log streams of one log group: the form that IAM demands of a log group for actions on its streams',
  ),
  wildcard(
    jobRole,
    arn('logs', /log-group:\*/),
    'EMR Serverless looks for its log group by logs:DescribeLogGroups, which knows no narrower resource',
  ),
  wildcard(
    /Process\/KeepAlive\/Role\/Resource/,
    arn('emr-serverless', /\/applications\/.+\/jobruns\/\*/),
    "Runs of the stage's own application: each has an id of its own",
  ),
  wildcard(
    replication,
    arn('s3', /millrace-\w+-(lake-bronze-\*(\/\*)?|bronze-replica-\d+-[\w-]+\/\*)/),
    "The stage's bronze bucket, whose name CloudFormation makes (naming it here would be a circle), and every object of its copy",
  ),
  wildcard(
    replication,
    arn('kms', /key\/\*/),
    'The key of the other region is known by its alias alone, which the condition kms:ResourceAliases holds it to',
  ),
];

const rest: readonly Acknowledgement[] = [
  {
    rule: 'NIST.800.53.R5-IAMNoInlinePolicy',
    path: /\w+\/.*\/Resource/,
    reason:
      'One inline document a role, on purpose: it is whole before what uses the role, goes with it, and can be attached to nothing else',
  },
  {
    rule: 'NIST.800.53.R5-LambdaInsideVPC',
    path: /(Ingest\/(?!KafkaAccess|.*Produce)|Analytics\/.*-audit|Process\/KeepAlive).*\/Function\/Resource/,
    reason:
      'These functions call AWS APIs (and a poll the internet), over TLS and with their role; in the VPC, which has no way out, each would need an endpoint a service. Those that speak to the brokers are in it',
  },
  {
    rule: 'NIST.800.53.R5-LambdaDLQ',
    path: /Ingest\/[^/]+\/Function\/Resource/,
    reason:
      'Not invoked asynchronously: the landing is fed by a mapping with an on-failure destination, kafka-access by a caller who waits for the answer',
  },
  {
    rule: 'NIST.800.53.R5-LambdaDLQ',
    path: /Ingest\/[^/]+\/(Fetch|Produce)\/Function\/Resource/,
    reason:
      'A poll that fails is made up for by the next one, and an alarm tells of silence; the writer is fed by a queue that has a dead-letter queue of its own',
  },
  {
    rule: 'NIST.800.53.R5-LambdaDLQ',
    path: /(Analytics\/[^/]+-audit|Process\/KeepAlive)\/Function\/Resource/,
    reason:
      'What is missed is done by the next invocation of the schedule, from state on S3; an old event would say nothing that is still true. Alarms tell of silence',
  },
  {
    rule: 'NIST.800.53.R5-LambdaConcurrency',
    path: /(Ingest|Process|Analytics)\/.*\/Function\/Resource/,
    reason:
      'Stages reserve concurrency for every function (functions.reserveConcurrency) but dev: a new account has 10 concurrent executions, of which none can be reserved',
  },
  {
    rule: 'NIST.800.53.R5-VPCDefaultSecurityGroupClosed',
    path: /Network\/Vpc\/Resource/,
    reason:
      'CloudFormation cannot change the default group of a VPC, and a custom resource for it would be a function with rights of its own. Nothing is in that group',
  },
  ...(['AwsSolutions-GL1', 'AwsSolutions-GL3'] as const).map((rule) => ({
    rule,
    path: /Process\/[^/]+\/\w+\/Job/,
    reason:
      "The log groups are made before the job and encrypted with the stage's key; a security configuration would have Glue make others, under other names. Job bookmarks are off",
  })),
  {
    rule: 'NIST.800.53.R5-S3BucketReplicationEnabled',
    path: /(Lake|Replica)\/\w+\/Resource/,
    reason:
      'Of bronze alone there is a copy, where lake.replicaRegion is set: everything else is made again from bronze, is rebuilt or expires (docs/restore.md). The copy is not copied further',
  },
  {
    rule: 'NIST.800.53.R5-S3BucketVersioningEnabled',
    path: /Lake\/Results\/Resource/,
    reason: 'Results of queries: each can be had again by its query, and they expire within weeks',
  },
  {
    rule: 'NIST.800.53.R5-S3BucketVersioningEnabled',
    path: /(Lake|Replica)\/AccessLogs\/Resource/,
    reason: 'S3 alone writes there, each log once and under a new name, and nothing writes over one',
  },
  {
    rule: 'NIST.800.53.R5-S3DefaultEncryptionKMS',
    path: /(Lake|Replica)\/AccessLogs\/Resource/,
    reason:
      'S3 delivers access logs to no bucket that encrypts with a key of KMS; this one encrypts with SSE-S3',
  },
];

export const acknowledgements: readonly Acknowledgement[] = [...wildcards, ...rest];
