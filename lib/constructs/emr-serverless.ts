import { Arn, ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { CfnApplication } from 'aws-cdk-lib/aws-emrserverless';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { RELEASE } from '../../lambdas/keep-alive/plan.ts';
import type { Stage } from '../stages.ts';
import {
  type EmrSettings,
  initialCapacity,
  maximumCapacity,
  mostWorkers,
  sizeSettings,
} from './emr-workers.ts';
import type { SparkJob } from './spark-job.ts';
import type { SparkRole } from './spark-role.ts';
import type { MadeJob, SparkRuntime } from './spark-runtime.ts';
import { StageLogGroup } from './stage-log-group.ts';

/** Spark 4.1.1, Iceberg 1.11.0. */
const releaseLabel = 'emr-spark-8.1.0';

/** Iceberg as EMR's image has it; the name is of Spark 3, and is the one that EMR's guide gives for every release. */
const icebergJar = '/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar';

/** Of a job's log groups, below its prefix: streams are named by run and worker. */
const log = 'spark';

/** An application without work is stopped, and costs nothing. */
const idleMinutes = 15;

export interface EmrServerlessRuntimeProps {
  readonly stage: Stage;
  readonly settings: EmrSettings;
  readonly key: IKey;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
}

/**
 * EMR Serverless: one application for all jobs of a stage. It knows no jobs, so whoever starts one names all that it is:
 * keep-alive, by the plan of its schedule. The application stands in the VPC, since a run cannot choose.
 */
export class EmrServerlessRuntime implements SparkRuntime {
  readonly kind = 'emr-serverless';
  readonly service = 'emr-serverless.amazonaws.com';
  readonly applicationId: string;
  private readonly props: EmrServerlessRuntimeProps;
  private readonly stack: Stack;

  constructor(scope: Construct, props: EmrServerlessRuntimeProps) {
    const { settings, stage } = props;
    this.props = props;
    this.stack = Stack.of(scope);
    const warm = initialCapacity(settings);
    const application = new CfnApplication(scope, 'Application', {
      name: `millrace-${stage.name}`,
      type: 'SPARK',
      releaseLabel,
      architecture: 'ARM64',
      autoStartConfiguration: { enabled: true },
      autoStopConfiguration: { enabled: true, idleTimeoutMinutes: idleMinutes },
      networkConfiguration: {
        subnetIds: [...props.subnetIds],
        securityGroupIds: [props.securityGroupId],
      },
      maximumCapacity: maximumCapacity(settings),
      ...(warm.length === 0 ? {} : { initialCapacity: warm }),
      // A run takes a driver and an executor at least; what does not fit waits, for as long as EMR lets it.
      schedulerConfiguration: {
        maxConcurrentRuns: Math.max(1, Math.min(1_000, Math.floor(mostWorkers(settings) / 2))),
        queueTimeoutMinutes: 720,
      },
    });
    application.overrideLogicalId('EmrApplication');
    this.applicationId = application.attrApplicationId;
  }

  sizeOf(): Readonly<Record<string, unknown>> {
    return { releaseLabel, ...sizeSettings(this.props.settings) };
  }

  /** The workers' interfaces are made by EMR's own service-linked role. */
  statementsFor(job: Pick<SparkJob, 'logPrefix'>): PolicyStatement[] {
    const group = Arn.format(
      {
        service: 'logs',
        resource: 'log-group',
        resourceName: `${job.logPrefix}/${log}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      this.stack,
    );
    return [
      // EMR writes the logs as the job, makes a group that is not there, and drops the logs without a word where it may
      // not do one of these.
      new PolicyStatement({
        actions: [
          'logs:CreateLogGroup',
          'logs:CreateLogStream',
          'logs:DescribeLogStreams',
          'logs:PutLogEvents',
        ],
        resources: [group],
      }),
      // Lists groups, and so knows no narrower resource than those of the account and region.
      new PolicyStatement({
        actions: ['logs:DescribeLogGroups'],
        resources: [
          Arn.format(
            {
              service: 'logs',
              resource: 'log-group',
              resourceName: '*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            },
            this.stack,
          ),
        ],
      }),
    ];
  }

  add(scope: Construct, job: SparkJob, role: SparkRole, release: string): MadeJob {
    const { stage, key, settings } = this.props;
    const logGroup = new StageLogGroup(scope, `Logs-${log}`, {
      stage,
      key,
      logGroupName: `${job.logPrefix}/${log}`,
    });
    const attempts = job.retries + 1;
    // A stream that ends is a batch run, which keep-alive starts again.
    const runsOn = job.timeoutMinutes === undefined;
    return {
      startsItself: false,
      emr: {
        applicationId: this.applicationId,
        executionRoleArn: role.roleArn,
        mode: runsOn ? 'STREAMING' : 'BATCH',
        // 0: never stopped.
        executionTimeoutMinutes: job.timeoutMinutes ?? 0,
        retryPolicy: runsOn ? { maxFailedAttemptsPerHour: attempts } : { maxAttempts: attempts },
        jobDriver: {
          sparkSubmit: {
            entryPoint: job.script.s3ObjectUrl,
            entryPointArguments: Object.entries({ ...job.arguments, [RELEASE]: release }).flat(),
          },
        },
        configurationOverrides: {
          applicationConfiguration: [
            {
              classification: 'spark-defaults',
              properties: { ...job.conf, ...ownSettings(job), ...sizeSettings(settings) },
            },
          ],
          monitoringConfiguration: {
            // The group is encrypted already: named here, the key would have to be associated by the job's role.
            cloudWatchLoggingConfiguration: { enabled: true, logGroupName: logGroup.logGroupName },
            // Logs and plans would lie in storage of EMR's.
            managedPersistenceMonitoringConfiguration: { enabled: false },
          },
        },
      },
    };
  }
}

/** What Glue takes as arguments of its own, or sets itself. */
function ownSettings(job: Pick<SparkJob, 'package' | 'jars'>): Readonly<Record<string, string>> {
  return {
    'spark.jars': [icebergJar, ...job.jars.map((jar) => jar.s3ObjectUrl)].join(','),
    'spark.submit.pyFiles': job.package.s3ObjectUrl,
    // Else Spark asks the Glue catalog for a database `default`, which no job needs.
    'spark.sql.catalogImplementation': 'in-memory',
    // EMR reads and writes s3:// by S3A, with which this manager's files are whole or not there.
    'spark.sql.streaming.checkpointFileManagerClass':
      'org.apache.spark.internal.io.cloud.AbortableStreamBasedCheckpointFileManager',
    // boto3 reads the one, the AWS SDK of Java the other.
    'spark.emr-serverless.driverEnv.AWS_DEFAULT_REGION': Aws.REGION,
    'spark.emr-serverless.driverEnv.AWS_REGION': Aws.REGION,
    'spark.executorEnv.AWS_REGION': Aws.REGION,
  };
}
