import { CfnJob, CfnTrigger } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import type { JobKind, SparkAssets } from './spark-assets.ts';
import { jobLogs, type SparkRole } from './spark-role.ts';
import { chainedConf, sparkSettings } from './spark-settings.ts';
import { StageLogGroup } from './stage-log-group.ts';

export interface SparkJobProps {
  readonly stage: Stage;
  readonly kind: JobKind;
  /** Physical name. */
  readonly jobName: string;
  readonly description: string;
  /** Part of the logical ids. */
  readonly suffix: string;
  readonly role: SparkRole;
  readonly key: IKey;
  readonly assets: SparkAssets;
  readonly logPrefix: string;
  /** URI of the lake, ending in `/`. */
  readonly warehouse: string;
  /** The script's own arguments. */
  readonly arguments: Readonly<Record<string, string>>;
  /** A stream runs on until it is stopped; a batch job ends. */
  readonly command: 'gluestreaming' | 'glueetl';
  /** `cron(…)`, UTC. @default - it starts when it is asked for */
  readonly schedule?: string | undefined;
  /** Glue connections, by which it reaches into the VPC. @default - it stays outside */
  readonly connections?: readonly string[];
}

/** A Glue job, and the trigger of one that has a schedule; a start while it runs is refused by Glue and does no harm. */
export class SparkJob extends Construct {
  constructor(scope: Construct, id: string, props: SparkJobProps) {
    super(scope, id);
    const { stage, assets, kind } = props;
    const streaming = props.command === 'gluestreaming';
    const runtime = stage.jobs.runtime as Extract<Stage['jobs']['runtime'], { kind: 'glue' }>;

    const logs = jobLogs.map(
      (log) =>
        new StageLogGroup(this, `Logs-${log}`, {
          stage,
          key: props.key,
          logGroupName: `${props.logPrefix}/${log}`,
        }),
    );
    const job = new CfnJob(this, 'Job', {
      name: props.jobName,
      description: props.description,
      role: props.role.roleArn,
      command: {
        name: props.command,
        pythonVersion: '3',
        scriptLocation: assets.scripts[kind].s3ObjectUrl,
      },
      glueVersion: '6.0',
      workerType: streaming ? runtime.streamWorker : runtime.batchWorker,
      numberOfWorkers: runtime.workers,
      // One writer: only the silver query inserts into silver, and no job overtakes itself.
      executionProperty: { maxConcurrentRuns: 1 },
      // A streaming restart must be tried at least twice (SPARK-57438); batch jobs run again on schedule anyway, and one
      // without a schedule has somebody who waits for its answer.
      maxRetries: streaming ? 3 : props.schedule === undefined ? 0 : 1,
      ...(streaming ? { maintenanceWindow: 'Sun:03' } : { timeout: timeoutMinutes(stage, kind) }),
      ...(props.connections === undefined ? {} : { connections: { connections: [...props.connections] } }),
      defaultArguments: {
        '--job-language': 'python',
        '--datalake-formats': 'iceberg',
        '--extra-py-files': assets.package.s3ObjectUrl,
        '--extra-jars': assets.jars.map((jar) => jar.s3ObjectUrl).join(','),
        '--conf': chainedConf(
          sparkSettings({ warehouse: props.warehouse, shufflePartitions: stage.jobs.shufflePartitions }),
        ),
        '--custom-logGroup-prefix': props.logPrefix,
        '--enable-metrics': 'true',
        '--enable-observability-metrics': 'true',
        ...props.arguments,
      },
    });
    job.overrideLogicalId(`Job${props.suffix}`);
    for (const group of logs) job.node.addDependency(group);

    if (props.schedule === undefined) return;
    const trigger = new CfnTrigger(this, 'Trigger', {
      name: props.jobName,
      description: streaming ? 'Starts the stream where it is not running' : 'Starts the job',
      type: 'SCHEDULED',
      schedule: props.schedule,
      startOnCreation: true,
      actions: [{ jobName: job.ref }],
    });
    trigger.overrideLogicalId(`Trigger${props.suffix}`);
  }
}

function timeoutMinutes({ jobs }: Stage, kind: JobKind): number {
  return kind === 'rebuild' ? jobs.rebuildTimeoutMinutes : jobs.batchTimeoutMinutes;
}
