/**
 * What differs between the local run and AWS: all of it, in tables, each row with its reason. Whatever is not
 * here runs as deployed. The functions below apply the tables; nothing else in the mirror changes a setting.
 */
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { Local } from './local.ts';

export interface Difference {
  readonly subject: string;
  readonly onAws: string;
  readonly locally: string;
  readonly reason: string;
}

interface Variable {
  readonly variable: string;
  readonly value: (local: Local) => string;
  readonly reason: string;
}

/** Variables that every function and job gets: only those that the AWS SDKs themselves define. */
export const VARIABLES: readonly Variable[] = [
  {
    variable: 'AWS_ENDPOINT_URL_S3',
    value: (local) => local.endpoints.s3,
    reason: 'S3 is the local S3 server',
  },
  {
    variable: 'AWS_ENDPOINT_URL_GLUE',
    value: (local) => local.endpoints.aws,
    reason: 'the catalog is local',
  },
  {
    variable: 'AWS_ENDPOINT_URL_KAFKA',
    value: (local) => local.endpoints.aws,
    reason: 'GetBootstrapBrokers names the local broker',
  },
  {
    variable: 'AWS_ENDPOINT_URL_SQS',
    value: (local) => local.endpoints.aws,
    reason: 'the queues are local',
  },
  {
    variable: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
    value: (local) => local.endpoints.aws,
    reason: 'secrets are variables of the environment of `up`',
  },
  {
    variable: 'AWS_ENDPOINT_URL_ATHENA',
    value: (local) => local.endpoints.athena,
    reason: 'the SQL engine is local',
  },
  {
    variable: 'AWS_ENDPOINT_URL_LAMBDA',
    value: (local) => local.functions,
    reason: 'functions run in processes of this machine',
  },
  {
    variable: 'AWS_ENDPOINT_URL',
    value: (local) => local.rest,
    reason: 'no call may leave the machine',
  },
  { variable: 'AWS_REGION', value: (local) => local.region, reason: 'Lambda and Glue set it too' },
  { variable: 'AWS_DEFAULT_REGION', value: (local) => local.region, reason: 'Lambda and Glue set it too' },
  {
    variable: 'AWS_ACCESS_KEY_ID',
    value: (local) => local.credentials.accessKeyId,
    reason: 'stands for the role',
  },
  {
    variable: 'AWS_SECRET_ACCESS_KEY',
    value: (local) => local.credentials.secretAccessKey,
    reason: 'stands for the role',
  },
  { variable: 'AWS_EC2_METADATA_DISABLED', value: () => 'true', reason: 'no instance to ask' },
  { variable: 'AWS_CONFIG_FILE', value: () => devNull, reason: "the user's own AWS settings stay out" },
  {
    variable: 'AWS_SHARED_CREDENTIALS_FILE',
    value: () => devNull,
    reason: "the user's own AWS settings stay out",
  },
];

/** Of functions alone, laid over the others: they start jobs, which the catalog knows nothing of. */
export const FUNCTION_VARIABLES: readonly Variable[] = [
  {
    variable: 'AWS_ENDPOINT_URL_GLUE',
    value: (local) => local.glue,
    reason: 'jobs run in processes of this machine; what is for the catalog is handed on to it',
  },
];

interface SparkSetting {
  /** `CATALOG` stands for each Iceberg catalog that the template declares. */
  readonly setting: string;
  readonly value: (local: Local) => string;
  readonly reason: string;
}

const CATALOG = 'CATALOG';

/** Settings that Glue makes itself, or that name what is local. They are laid over the template's. */
export const SPARK_SETTINGS: readonly SparkSetting[] = [
  {
    setting: 'spark.driver.extraJavaOptions',
    // Measured on two cores: start and first micro-batch take 15 s of processor time instead of 30.
    value: ({ toolchain }) =>
      `-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m '-XX:SharedArchiveFile=${toolchain.sparkClasses}'`,
    reason:
      'a local run is short: the quick compiler alone halves the time to the first row, and classes from an archive need no checking',
  },
  {
    setting: 'spark.master',
    value: () => 'local[3]',
    reason: 'one machine in place of Glue workers; a slot for each partition of a small topic',
  },
  { setting: 'spark.driver.memory', value: () => '1g', reason: 'a laptop in place of a worker of 16 GB' },
  { setting: 'spark.driver.host', value: () => '127.0.0.1', reason: 'listens on the loopback address only' },
  {
    setting: 'spark.driver.bindAddress',
    value: () => '127.0.0.1',
    reason: 'listens on the loopback address only',
  },
  { setting: 'spark.ui.enabled', value: () => 'false', reason: 'an open port, and a second of each start' },
  {
    setting: 'spark.driver.extraClassPath',
    value: (local) => local.toolchain.sparkClassPath,
    reason: 'Glue brings Iceberg and S3; the connector is matched to the local Spark patch version',
  },
  {
    setting: 'spark.ui.showConsoleProgress',
    value: () => 'false',
    reason: 'a progress bar in a log file',
  },
  {
    setting: 'spark.sql.warehouse.dir',
    value: (local) => join(local.folders.work, 'warehouse'),
    reason: 'never used by Iceberg; else made in the working folder',
  },
  {
    setting: `spark.sql.catalog.${CATALOG}.glue.endpoint`,
    value: (local) => local.endpoints.aws,
    reason: 'the catalog is local',
  },
  {
    setting: `spark.sql.catalog.${CATALOG}.s3.endpoint`,
    value: (local) => local.endpoints.s3,
    reason: 'S3 is the local S3 server',
  },
  {
    setting: `spark.sql.catalog.${CATALOG}.s3.path-style-access`,
    value: () => 'true',
    reason: 'no DNS name for each bucket',
  },
  {
    setting: `spark.sql.catalog.${CATALOG}.client.region`,
    value: (local) => local.region,
    reason: 'Glue sets it from its environment',
  },
  {
    setting: 'spark.hadoop.fs.s3a.endpoint',
    value: (local) => local.endpoints.s3,
    reason: 'S3 is the local S3 server',
  },
  {
    setting: 'spark.hadoop.fs.s3a.endpoint.region',
    value: (local) => local.region,
    reason: 'S3 is the local S3 server',
  },
  {
    setting: 'spark.hadoop.fs.s3a.path.style.access',
    value: () => 'true',
    reason: 'no DNS name for each bucket',
  },
  { setting: 'spark.hadoop.fs.s3a.connection.ssl.enabled', value: () => 'false', reason: 'loopback' },
  {
    setting: 'spark.hadoop.fs.s3a.aws.credentials.provider',
    value: () => 'software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider',
    reason: 'stands for the role',
  },
  {
    setting: 'spark.sql.streaming.checkpointFileManagerClass',
    value: () => 'org.apache.spark.internal.io.cloud.AbortableStreamBasedCheckpointFileManager',
    reason: 'Glue brings its own S3 file system; with S3A this one is atomic',
  },
];

interface ArgumentChange {
  readonly argument: string;
  readonly change: (value: string) => string;
  readonly difference: Difference;
}

/** Job arguments that are given in another form. */
export const ARGUMENTS: readonly ArgumentChange[] = [
  {
    argument: '--checkpoint',
    change: (value) => value.replace(/^s3:/, 's3a:'),
    difference: {
      subject: '--checkpoint',
      onAws: 's3://',
      locally: 's3a://',
      reason:
        "Spark itself writes checkpoints through Hadoop's file systems, and open-source Hadoop knows S3 as s3a",
    },
  },
  {
    argument: '--bronze',
    change: (value) => value.replace(/^s3:/, 's3a:'),
    difference: {
      subject: '--bronze',
      onAws: 's3://',
      locally: 's3a://',
      reason: "Spark reads bronze through Hadoop's file systems too",
    },
  },
];

/** The first start of batch jobs where streams start too, in milliseconds: the machine has two cores and streams come first. */
export const FIRST_BATCH_MS = 8_000;

/** A trigger that fires less often than every two hours starts nothing by itself. */
export const LEAST_STARTS_A_DAY = 12;

/** Pause before a scheduled job is started again, in milliseconds. */
export const RESTART = {
  afterEndMs: 5_000,
  /** Of the length of the batch run before: two cores are for the stream first. */
  rest: 2,
  afterFailureMs: 1_000,
  longestMs: 60_000,
  retryMs: 200,
} as const;

/** What is otherwise, in words. */
const FURTHER: readonly Difference[] = [
  {
    subject: 'schedules',
    onAws: 'the cron expression of the trigger',
    locally: `at once (batch jobs ${FIRST_BATCH_MS / 1000} s later), and again after a pause of ${RESTART.rest} times the run's length, at least ${RESTART.afterEndMs / 1000} s`,
    reason: 'nobody waits an hour to see a result',
  },
  {
    subject: 'rare schedules',
    onAws: 'the cron expression of the trigger',
    locally: `a job that starts fewer than ${LEAST_STARTS_A_DAY} times a day starts when it is asked for: \`millrace run\``,
    reason: 'a local run is short, and daily maintenance after every batch would take its cores',
  },
  {
    subject: 'scheduled functions',
    onAws: 'at once when the schedule is made, then at its rate',
    locally: 'at its rate, first after one period; keep-alive, which starts the streams, as on AWS',
    reason: 'a local run is short, and its cores are for the stream; whoever wants to see it invokes it',
  },
  {
    subject: 'secrets',
    onAws: 'Secrets Manager',
    locally:
      'MILLRACE_SECRET_NAME of the environment that `up` is started in: MILLRACE_SECRET_A_B of secret `a/b`',
    reason: "a laptop's secrets stay out of files",
  },
  {
    subject: 'queues',
    onAws: 'SQS: encryption, policy, message attributes',
    locally: 'moto, kept on disk with the bodies of their messages',
    reason: 'one user, loopback; a message that was received is visible again after a restart',
  },
  {
    subject: 'event source mappings of queues',
    onAws: 'pollers that Lambda scales up to MaximumConcurrency',
    locally: 'one, which invokes with one batch at a time',
    reason: 'one process a function',
  },
  {
    subject: 'batch jobs',
    onAws: 'a Spark session a run',
    locally: 'one warm session for all',
    reason: 'starting Spark takes longer than the job',
  },
  {
    subject: "Glue's API",
    onAws: 'one service',
    locally:
      'jobs and their runs by the process that runs them, which hands on what is for the catalog to moto',
    reason: 'moto knows catalogs and runs no Spark',
  },
  {
    subject: '--extra-jars',
    onAws: 'downloaded from S3',
    locally: 'taken from the set-up folder',
    reason: 'the local Spark is a patch version newer (SPARK-57438)',
  },
  {
    subject: '--datalake-formats',
    onAws: 'Glue adds its Iceberg',
    locally: 'Iceberg is in the set-up folder',
    reason: 'no Glue runtime',
  },
  {
    subject: 'Lambda architecture',
    onAws: 'ARM64',
    locally: 'that of the machine',
    reason: 'the bundle is plain JavaScript',
  },
  {
    subject: 'MSK authentication',
    onAws: 'IAM over TLS',
    locally: 'plaintext on the loopback address',
    reason: 'GetBootstrapBrokers answers which of the two there is',
  },
  {
    subject: 'topic replication',
    onAws: 'ReplicationFactor, min.insync.replicas',
    locally: '1',
    reason: 'one broker',
  },
  {
    subject: 'bucket settings',
    onAws: 'encryption, policy, lifecycle, versions',
    locally: 'none',
    reason: 'one user, loopback, and data that goes with the state folder',
  },
  {
    subject: 'bucket names',
    onAws: 'drawn by CloudFormation',
    locally: 'the same form, from a hash',
    reason: 'a second run must find the data of the first',
  },
  {
    subject: 'IAM',
    onAws: 'roles and policies are enforced',
    locally: 'everything is allowed',
    reason: 'tests of the templates hold the policies',
  },
];

/** Every difference, for the documentation and for the test that holds the run to it. */
export function differences(): Difference[] {
  const set = (subject: string, reason: string): Difference => ({
    subject,
    onAws: '(set by the service)',
    locally: 'set',
    reason,
  });
  return [
    ...VARIABLES.map((row) => set(row.variable, row.reason)),
    ...FUNCTION_VARIABLES.map((row) => set(`${row.variable} (functions)`, row.reason)),
    ...SPARK_SETTINGS.map((row) => set(row.setting, row.reason)),
    ...ARGUMENTS.map((row) => row.difference),
    ...FURTHER,
  ];
}

/** The variables that lead every AWS SDK to the local services. */
export function redirects(local: Local): Record<string, string> {
  return valuesOf(VARIABLES, local);
}

function valuesOf(rows: readonly Variable[], local: Local): Record<string, string> {
  return Object.fromEntries(rows.map((row) => [row.variable, row.value(local)]));
}

/** A function's environment: the template's own, led to the local services. */
export function functionEnvironment(
  declared: Readonly<Record<string, string>>,
  local: Local,
): Record<string, string> {
  return { ...declared, ...redirects(local), ...valuesOf(FUNCTION_VARIABLES, local) };
}

/** A job's Spark settings: the template's own, with the local ones laid over. */
export function localSparkSettings(
  declared: Readonly<Record<string, string>>,
  local: Local,
): Record<string, string> {
  const catalogs = Object.keys(declared).flatMap(
    (key) => /^spark\.sql\.catalog\.([^.]+)$/.exec(key)?.[1] ?? [],
  );
  const rows = SPARK_SETTINGS.flatMap((row) =>
    row.setting.includes(CATALOG)
      ? catalogs.map((name) => [row.setting.replace(CATALOG, name), row.value(local)])
      : [[row.setting, row.value(local)]],
  );
  return { ...declared, ...(Object.fromEntries(rows) as Record<string, string>) };
}

/** A job's arguments as the script gets them. */
export function localArguments(declared: Readonly<Record<string, string>>): Record<string, string> {
  const changes = new Map(ARGUMENTS.map((row) => [row.argument, row.change]));
  return Object.fromEntries(
    Object.entries(declared).map(([name, value]) => [name, changes.get(name)?.(value) ?? value]),
  );
}
