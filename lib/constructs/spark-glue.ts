import { Arn, ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import type { ISubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnConnection, CfnJob, CfnTrigger } from 'aws-cdk-lib/aws-glue';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { RELEASE } from '../../lambdas/keep-alive/plan.ts';
import type { Stage } from '../stages.ts';
import { networkInterfaceStatements } from './network-interfaces.ts';
import type { SparkJob } from './spark-job.ts';
import type { SparkRole } from './spark-role.ts';
import type { MadeJob, SparkRuntime } from './spark-runtime.ts';
import { chainedConf } from './spark-settings.ts';
import { StageLogGroup } from './stage-log-group.ts';

/** Spark 4.1, Iceberg 1.11. */
const glueVersion = '6.0';

/** Glue writes a job's logs to the groups of these names below the job's prefix. */
const logs = ['error', 'output'] as const;

export interface GlueRuntimeProps {
  readonly stage: Stage;
  readonly settings: Extract<Stage['jobs']['runtime'], { kind: 'glue' }>;
  readonly key: IKey;
  /** Where the jobs stand that ask Kafka: a connection has one subnet. */
  readonly subnet: ISubnet;
  readonly securityGroupId: string;
}

/** Glue: a job each, its own trigger for one with a schedule, and a connection for those that enter the VPC. */
export class GlueRuntime implements SparkRuntime {
  readonly kind = 'glue';
  readonly service = 'glue.amazonaws.com';
  private readonly props: GlueRuntimeProps;
  private readonly stack: Stack;
  private readonly connection: CfnConnection;
  private readonly connectionName: string;

  constructor(scope: Construct, props: GlueRuntimeProps) {
    this.props = props;
    this.stack = Stack.of(scope);
    this.connectionName = `millrace-${props.stage.name}`;
    this.connection = new CfnConnection(scope, 'Connection', {
      catalogId: Aws.ACCOUNT_ID,
      connectionInput: {
        name: this.connectionName,
        description: 'The way of the jobs to the brokers',
        connectionType: 'NETWORK',
        connectionProperties: {},
        physicalConnectionRequirements: {
          availabilityZone: props.subnet.availabilityZone,
          subnetId: props.subnet.subnetId,
          securityGroupIdList: [props.securityGroupId],
        },
      },
    });
    this.connection.overrideLogicalId('Connection');
  }

  sizeOf(job: SparkJob): Readonly<Record<string, unknown>> {
    const { streamWorker, batchWorker, workers } = this.props.settings;
    return { glueVersion, workerType: job.stream ? streamWorker : batchWorker, numberOfWorkers: workers };
  }

  statementsFor(job: Pick<SparkJob, 'logPrefix' | 'asksKafka'>): PolicyStatement[] {
    const { stack } = this;
    return [
      // Glue writes the logs as the job. The groups are there, but AWS does not say that Glue looks before it asks to make
      // them (its managed policy AWSGlueServiceRole allows it), nor that a refusal leaves the log whole.
      new PolicyStatement({
        actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: logs.map((log) =>
          Arn.format(
            {
              service: 'logs',
              resource: 'log-group',
              resourceName: `${job.logPrefix}/${log}:*`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            },
            stack,
          ),
        ),
      }),
      // PutMetricData knows no resource; the namespace bounds it.
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': 'Glue' } },
      }),
      ...(job.asksKafka ? this.connectionStatements() : []),
    ];
  }

  private connectionStatements(): PolicyStatement[] {
    const { stack, connectionName, props } = this;
    return [
      ...networkInterfaceStatements({
        of: 'glue',
        stack,
        subnetIds: [props.subnet.subnetId],
        securityGroupIds: [props.securityGroupId],
      }),
      new PolicyStatement({
        actions: ['glue:GetConnection'],
        resources: [
          stack.formatArn({ service: 'glue', resource: 'catalog' }),
          stack.formatArn({ service: 'glue', resource: 'connection', resourceName: connectionName }),
        ],
      }),
      // Glue marks the interfaces it makes, and only those.
      new PolicyStatement({
        actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
        resources: [stack.formatArn({ service: 'ec2', resource: 'network-interface', resourceName: '*' })],
        conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['aws-glue-service-resource'] } },
      }),
    ];
  }

  add(scope: Construct, job: SparkJob, role: SparkRole, release: string): MadeJob {
    const { stage, key } = this.props;
    const made = new CfnJob(scope, 'Job', {
      name: job.name,
      description: job.description,
      role: role.roleArn,
      command: {
        name: job.stream ? 'gluestreaming' : 'glueetl',
        pythonVersion: '3',
        scriptLocation: job.script.s3ObjectUrl,
      },
      ...this.sizeOf(job),
      // One writer: only the silver query inserts into silver, and no job overtakes itself.
      executionProperty: { maxConcurrentRuns: 1 },
      maxRetries: job.retries,
      // Of streams alone: Glue starts them anew each week.
      ...(job.stream ? { maintenanceWindow: 'Sun:03' } : {}),
      ...(job.timeoutMinutes === undefined ? {} : { timeout: job.timeoutMinutes }),
      ...(job.asksKafka ? { connections: { connections: [this.connectionName] } } : {}),
      defaultArguments: {
        '--job-language': 'python',
        '--datalake-formats': 'iceberg',
        '--extra-py-files': job.package.s3ObjectUrl,
        '--extra-jars': job.jars.map((jar) => jar.s3ObjectUrl).join(','),
        '--conf': chainedConf(job.conf),
        // Jobs know by their own progress what they have done.
        '--job-bookmark-option': 'job-bookmark-disable',
        // The number of workers is then the most of them.
        '--enable-auto-scaling': 'true',
        '--custom-logGroup-prefix': job.logPrefix,
        '--enable-metrics': 'true',
        '--enable-observability-metrics': 'true',
        ...job.arguments,
        [RELEASE]: release,
      },
    });
    made.overrideLogicalId(`Job${job.suffix}`);
    if (job.asksKafka) made.addResourceDependency(this.connection);
    for (const log of logs)
      made.node.addDependency(
        new StageLogGroup(scope, `Logs-${log}`, { stage, key, logGroupName: `${job.logPrefix}/${log}` }),
      );
    if (!job.stream && job.schedule !== undefined) {
      const trigger = new CfnTrigger(scope, 'Trigger', {
        name: job.name,
        description: 'Starts the job; a start while it runs is refused by Glue and does no harm',
        type: 'SCHEDULED',
        schedule: job.schedule,
        startOnCreation: true,
        actions: [{ jobName: made.ref }],
      });
      trigger.overrideLogicalId(`Trigger${job.suffix}`);
    }
    return { startsItself: !job.stream, resource: made };
  }
}
