/**
 * Every kind of role that a stage has: who may take it, and each need that it is allowed something for. A role of the
 * templates must be one of these, and be allowed this and nothing else (permissions.test.ts). Resources are written as
 * grants.ts shows them.
 */
import {
  because,
  calling,
  ciphering,
  functionInVpc,
  functionNeeds,
  glueInVpc,
  grantsColumns,
  jobNeeds,
  kafka,
  type Need,
  onEmr,
  onGlue,
  pollers,
  sparkPublishes,
  sparkReadsKafka,
  startsFunction,
  tablesOf,
} from './needs.ts';

export interface RoleKind {
  readonly title: string;
  /** Of the role's construct path, from its beginning to its end. */
  readonly path: RegExp;
  /** Services, or ARNs, one of which takes it. */
  readonly trust: readonly string[];
  /** What runs under the role: a function's entry or a job's script. @default - nothing of this project */
  readonly code?: { readonly function: string } | { readonly job: string };
  readonly needs: readonly Need[];
  /** Calls that its modules hold and that it never makes, with the reason. */
  readonly neverMade?: Readonly<Record<string, string>>;
}

const lambda = ['lambda.amazonaws.com'];
const scheduler = ['scheduler.amazonaws.com if aws:SourceAccount ACCOUNT'];
const spark = ['glue.amazonaws.com', 'emr-serverless.amazonaws.com'];
const releaseObject = 'State/progress/DATASET/silver-release.json';

const goldOf = (...names: string[]) => names.map((name) => `Lake/gold/${name}/*`);
const silverFiles = ['Lake/silver/SILVER/*', 'Lake/rejected/REJECTED/*', ...goldOf('WINDOW')];
const silverTables = ['SILVER', 'REJECTED', 'WINDOW'];
const progress = ['State/progress/DATASET/*'];

const ingest: readonly RoleKind[] = [
  {
    title: 'Landing of a dataset',
    path: /Ingest\/(?!KafkaAccess)[^/]+\/Role/,
    trust: lambda,
    code: { function: 'lambdas/land/index.ts' },
    needs: [
      ...calling('s3 PutObject', ['Bronze/DATASET/*', 'Quarantine/DATASET/*']),
      because(
        'Lambda writes batches that it gives up to the on-failure destination',
        ['s3:PutObject'],
        ['Failures/*'],
      ),
      because(
        'Lambda lists the on-failure destination before it writes there',
        ['s3:ListBucket'],
        ['Failures'],
      ),
      ...ciphering('S3 encrypts objects'),
      ...pollers('TOPIC', 'millrace-STAGE-DATASET-land'),
      ...functionNeeds('DATASET/land'),
    ],
  },
  {
    title: 'Kafka access of the `millrace` command and of the audits',
    path: /Ingest\/KafkaAccess\/Role/,
    trust: lambda,
    code: { function: 'lambdas/kafka-access/index.ts' },
    needs: [
      ...calling('kafka GetBootstrapBrokers', ['*']),
      ...[
        'admin.connect',
        'consumer.connect',
        'kafka.consumer',
        'kafka.producer',
        'producer.connect',
      ].flatMap((call) => calling(`kafkajs ${call}`, kafka([]))),
      ...[
        'admin.fetchTopicOffsets',
        'admin.fetchTopicOffsetsByTimestamp',
        'consumer.subscribe',
        'producer.send',
      ].flatMap((call) => calling(`kafkajs ${call}`, kafka(['TOPIC']))),
      ...calling('kafkajs admin.fetchOffsets', kafka(['TOPIC'], ['millrace-STAGE-DATASET-land'])),
      ...['admin.deleteGroups', 'consumer.run'].flatMap((call) =>
        calling(`kafkajs ${call}`, kafka(['TOPIC'], ['millrace-audit-*'])),
      ),
      ...functionInVpc,
      ...functionNeeds('kafka-access'),
    ],
  },
  {
    title: 'Polls of a REST source',
    path: /Ingest\/[^/]+\/Fetch\/Role/,
    trust: lambda,
    code: { function: 'lambdas/fetch/index.ts' },
    needs: [
      ...['s3 GetObject', 's3 PutObject'].flatMap((call) =>
        calling(call, ['State/sources/DATASET/SOURCE.json']),
      ),
      because('without it a missing object reads as forbidden, not as missing', ['s3:ListBucket'], ['State']),
      ...calling('sqs SendMessageBatch', ['sqs:millrace-STAGE-DATASET-SOURCE']),
      // The service adds six characters of its own to a secret's name.
      ...calling('secrets-manager GetSecretValue', ['secretsmanager:secret:SECRET-??????']),
      ...ciphering('S3 and SQS encrypt and decrypt'),
      ...functionNeeds('DATASET/fetch-SOURCE'),
    ],
  },
  {
    title: 'What a REST source found, into Kafka',
    path: /Ingest\/[^/]+\/Produce\/Role/,
    trust: lambda,
    code: { function: 'lambdas/produce/index.ts' },
    needs: [
      ...calling('kafka GetBootstrapBrokers', ['*']),
      ...['kafka.producer', 'producer.connect', 'producer.send'].flatMap((call) =>
        calling(`kafkajs ${call}`, kafka(['TOPIC'])),
      ),
      because(
        'the event source mapping takes messages',
        ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        ['sqs:millrace-STAGE-DATASET-SOURCE'],
      ),
      because('SQS decrypts messages', ['kms:Decrypt'], ['KEY']),
      ...functionInVpc,
      ...functionNeeds('DATASET/produce-SOURCE'),
    ],
  },
  {
    title: 'Schedule of a REST source',
    path: /Ingest\/[^/]+\/Fetch\/ScheduleRole/,
    trust: scheduler,
    needs: [startsFunction('millrace-STAGE-DATASET-SOURCE-fetch')],
  },
];

const job = (
  script: string,
  more: Omit<RoleKind, 'path' | 'trust' | 'code'> & { readonly needs: readonly Need[] },
): RoleKind => ({
  ...more,
  path: new RegExp(`Process/[^/]+/${script}-role`),
  trust: spark,
  code: { job: script },
});

const process: readonly RoleKind[] = [
  job('silver', {
    title: 'Silver stream of a dataset',
    needs: [
      ...jobNeeds('silver', {
        reads: [],
        writes: silverTables,
        readFiles: [],
        files: [...silverFiles, 'State/checkpoints/DATASET/silver/*'],
        objects: progress,
      }),
      ...sparkReadsKafka,
      ...sparkPublishes,
      ...glueInVpc,
    ],
  }),
  job('gold', {
    title: 'Gold models of a dataset',
    needs: jobNeeds('gold', {
      reads: ['SILVER', 'WINDOW'],
      writes: ['GOLD'],
      readFiles: ['Lake/silver/SILVER/*', ...goldOf('WINDOW')],
      files: goldOf('GOLD'),
      objects: ['Lake/exports/DATASET/*', ...progress],
    }),
  }),
  job('sweep', {
    title: 'Sweep of a dataset',
    needs: jobNeeds('sweep', {
      reads: [],
      writes: silverTables,
      readFiles: [],
      files: silverFiles,
      objects: progress,
    }),
    neverMade: { 'kafka get_bootstrap_brokers': 'it imports what it shares with silver, and asks no broker' },
  }),
  job('maintain', {
    title: 'Maintenance of a dataset',
    needs: jobNeeds('maintain', {
      reads: [],
      writes: [...silverTables, 'GOLD'],
      readFiles: [],
      files: [...silverFiles, ...goldOf('GOLD')],
      objects: [...progress, 'Bronze/DATASET/*', 'Quarantine/DATASET/*'],
      listed: ['Bronze', 'Quarantine'],
    }),
  }),
  job('rebuild', {
    title: 'Rebuild of a dataset',
    needs: [
      ...jobNeeds('rebuild', {
        reads: [],
        writes: silverTables,
        readFiles: ['Bronze/DATASET/*'],
        files: silverFiles,
        objects: progress,
        listed: ['Bronze'],
      }),
      ...sparkReadsKafka,
      ...glueInVpc,
    ],
  }),
  {
    title: 'Keep-alive of the jobs',
    path: /Process\/KeepAlive\/Role/,
    trust: lambda,
    code: { function: 'lambdas/keep-alive/index.ts' },
    needs: [
      ...['s3 GetObject', 's3 PutObject'].flatMap((call) => calling(call, [releaseObject])),
      ...calling('s3 HeadObject', ['State/progress/DATASET/silver.json']),
      because('without it a missing object reads as forbidden, not as missing', ['s3:ListBucket'], ['State']),
      ...ciphering('S3 encrypts and decrypts objects'),
      ...['glue GetJobRuns', 'glue StartJobRun', 'glue BatchStopJobRun'].flatMap((call) =>
        calling(call, ['glue:job/millrace-STAGE-DATASET-silver'], onGlue),
      ),
      ...['emr-serverless ListJobRuns', 'emr-serverless StartJobRun'].flatMap((call) =>
        calling(call, ['emr-serverless:/applications/millrace-STAGE'], onEmr),
      ),
      ...calling(
        'emr-serverless CancelJobRun',
        ['emr-serverless:/applications/millrace-STAGE/jobruns/*'],
        onEmr,
      ),
      because(
        'StartJobRun hands the job its role',
        ['iam:PassRole'],
        ['silver', 'gold', 'sweep', 'maintain', 'rebuild'].map(
          (kind) =>
            `role: Spark job ${kind} of dataset DATASET if iam:PassedToService emr-serverless.amazonaws.com`,
        ),
        onEmr,
      ),
      ...functionNeeds('keep-alive'),
    ],
  },
  {
    title: 'Schedules of keep-alive',
    path: /Process\/KeepAlive\/ScheduleRole/,
    trust: scheduler,
    needs: [startsFunction('millrace-STAGE-keep-alive')],
  },
];

/** Athena looks at it before any query. */
const athenaDefault = 'glue:database/default';
const auditedTables = ['BRONZE', 'QUARANTINE', 'SILVER', 'REJECTED'];

const analytics: readonly RoleKind[] = [
  {
    title: 'Audit of a dataset',
    path: /Analytics\/[^/]+-audit\/Role/,
    trust: lambda,
    code: { function: 'lambdas/audit/index.ts' },
    needs: [
      ...['StartQueryExecution', 'GetQueryExecution', 'GetQueryResults'].flatMap((name) =>
        calling(`athena ${name}`, ['athena:workgroup/millrace-STAGE']),
      ),
      ...calling('lambda Invoke', ['lambda:function:millrace-STAGE-kafka-access']),
      ...calling('s3 GetObject', [...progress, 'Failures/*']),
      ...calling('s3 ListObjectsV2', ['Failures']),
      ...calling('s3 PutObject', ['State/progress/DATASET/audit.json']),
      because(
        'Athena reads the catalogue as its caller',
        ['glue:GetDatabase', 'glue:GetTable', 'glue:GetPartitions'],
        [...tablesOf(auditedTables), athenaDefault],
      ),
      because(
        'Athena reads the tables as its caller',
        ['s3:GetObject'],
        ['Bronze/DATASET/*', 'Quarantine/DATASET/*', 'Lake/silver/SILVER/*', 'Lake/rejected/REJECTED/*'],
      ),
      because(
        'Athena lists what it reads; without it a missing object reads as forbidden, not as missing',
        ['s3:ListBucket', 's3:GetBucketLocation'],
        ['Bronze', 'Quarantine', 'Lake', 'State', 'Results', 'Failures'],
      ),
      because(
        'Athena writes its results as its caller',
        ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        ['Results/athena/*'],
      ),
      ...ciphering('S3 encrypts and decrypts objects'),
      ...functionNeeds('DATASET/audit'),
    ],
  },
  {
    title: 'Schedule of an audit',
    path: /Analytics\/[^/]+-audit\/ScheduleRole/,
    trust: scheduler,
    needs: [startsFunction('millrace-STAGE-DATASET-audit')],
  },
];

const analystGroup = ['athena:workgroup/millrace-STAGE-analysts'];
const lakePrefixes = ['silver/SILVER/*', 'rejected/REJECTED/*', 'gold/WINDOW/*', 'gold/GOLD/*'];
const athenaActions = (...names: string[]) => names.map((name) => `athena:${name}`);

const analysts: readonly RoleKind[] = [
  {
    title: 'Those who only analyse',
    path: /Analytics\/Analysts\/Role/,
    trust: ['iam:root', 'iam:role/analysts'],
    needs: [
      because(
        'queries, by the command and in the console',
        athenaActions(
          ...[
            'BatchGetNamedQuery',
            'BatchGetQueryExecution',
            'GetNamedQuery',
            'GetQueryExecution',
            'GetQueryResults',
          ],
          ...['GetQueryRuntimeStatistics', 'GetWorkGroup', 'ListNamedQueries', 'ListQueryExecutions'],
          ...['StartQueryExecution', 'StopQueryExecution'],
        ),
        analystGroup,
      ),
      because(
        "the console's look at the catalogue",
        athenaActions(
          'GetDataCatalog',
          'GetDatabase',
          'GetTableMetadata',
          'ListDatabases',
          'ListTableMetadata',
        ),
        ['athena:datacatalog/AwsDataCatalog'],
      ),
      because(
        "the console's lists to choose from; they know no resource",
        athenaActions('ListDataCatalogs', 'ListWorkGroups'),
        ['*'],
      ),
      because(
        'Athena reads the catalogue as its caller: names, columns and descriptions of all tables; rows are objects, and those are given table by table',
        ['glue:GetDatabase', 'glue:GetDatabases', 'glue:GetPartitions', 'glue:GetTable', 'glue:GetTables'],
        ['glue:catalog', 'glue:database/DATABASE', 'glue:table/DATABASE/*', athenaDefault],
      ),
      because(
        'Athena reads the tables as its caller',
        ['s3:GetObject'],
        ['Bronze/DATASET/*', 'Quarantine/DATASET/*', ...lakePrefixes.map((prefix) => `Lake/${prefix}`)],
      ),
      because(
        'Lake Formation hands out what its grants allow; the action knows no resource',
        ['lakeformation:GetDataAccess'],
        ['*'],
        grantsColumns,
      ),
      because('Athena lists what it reads', ['s3:ListBucket'], ['Bronze', 'Quarantine', 'Lake', 'Results']),
      because(
        "Athena finds the buckets' region",
        ['s3:GetBucketLocation'],
        ['Bronze', 'Quarantine', 'Lake', 'Results'],
      ),
      because(
        'Athena writes its results as its caller',
        ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        ['Results/analysts/*'],
      ),
      because(
        'S3 encrypts and decrypts objects',
        ['kms:GenerateDataKey', 'kms:Decrypt'],
        ['KEY if kms:ViaService s3.REGION.amazonaws.com'],
      ),
    ],
  },
  {
    title: 'Lake Formation, where it grants columns',
    path: /Analytics\/Analysts\/Grants\/Registrar/,
    trust: ['lakeformation.amazonaws.com'],
    needs: [
      because(
        'Lake Formation reads silver for those it granted columns to',
        ['s3:GetObject'],
        ['Lake/silver/SILVER/*'],
      ),
      because('Lake Formation lists silver', ['s3:ListBucket'], ['Lake if s3:prefix like silver/SILVER/*']),
      because('S3 decrypts objects', ['kms:Decrypt'], ['KEY']),
    ],
  },
];

const network: readonly RoleKind[] = [
  {
    title: 'Flow logs of the VPC',
    path: /Network\/FlowLog\/Role/,
    trust: [
      'vpc-flow-logs.amazonaws.com if aws:SourceAccount ACCOUNT if aws:SourceArn like ec2:vpc-flow-log/*',
    ],
    needs: [
      because(
        'VPC writes its log',
        ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        ['logs:log-group:/millrace/STAGE/flow-logs:*'],
      ),
    ],
  },
];

const fromBronze = ' if aws:ResourceAccount ACCOUNT';
const replicaKey =
  'kms:key/* if kms:ViaService s3.REPLICA_REGION.amazonaws.com if kms:ResourceAliases alias/millrace-STAGE-replica';

const lake: readonly RoleKind[] = [
  {
    title: 'Replication of bronze',
    path: /Lake\/ReplicationRole/,
    trust: ['s3.amazonaws.com'],
    needs: [
      because(
        'S3 reads the rule and what there is to copy',
        ['s3:GetReplicationConfiguration', 's3:ListBucket'],
        [`millrace-STAGE-lake-bronze-*${fromBronze}`],
      ),
      because(
        'S3 reads objects to copy them',
        ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'],
        [`millrace-STAGE-lake-bronze-*/*${fromBronze}`],
      ),
      because(
        'S3 writes the copies',
        ['s3:ReplicateObject', 's3:ReplicateTags'],
        [`millrace-STAGE-bronze-replica-ACCOUNT-REPLICA_REGION/*${fromBronze}`],
      ),
      because(
        'S3 decrypts what it copies',
        ['kms:Decrypt'],
        [
          'KEY if kms:ViaService s3.REGION.amazonaws.com if kms:EncryptionContext:aws:s3:arn like millrace-STAGE-lake-bronze-*',
        ],
      ),
      because(
        'S3 encrypts the copies; the key of the other region is known by its alias alone',
        ['kms:Encrypt', 'kms:GenerateDataKey'],
        [replicaKey],
      ),
    ],
  },
];

export const roleKinds: readonly RoleKind[] = [
  ...ingest,
  ...process,
  ...analytics,
  ...analysts,
  ...network,
  ...lake,
];

/** The kind of a role, by its construct path. @throws Error where it is of two */
export function kindOf(path: string): RoleKind | undefined {
  const kinds = roleKinds.filter((kind) => new RegExp(`^(?:${kind.path.source})$`).test(path));
  if (kinds.length > 1) throw new Error(`${path} is ${kinds.map(({ title }) => title).join(' and ')}`);
  return kinds[0];
}
