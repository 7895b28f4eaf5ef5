import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { keepAliveService, streamMetrics } from '../../lambdas/keep-alive/metrics.ts';
import type { JobPlanInput } from '../../lambdas/keep-alive/plan.ts';
import type { Stage } from '../stages.ts';
import { bundledFunction, metricsNamespace } from './bundled-function.ts';
import { rateOf, scheduleFunction, scheduleRole } from './function-schedule.ts';

const memoryMiB = 256;
/** Lists a few runs, and starts or stops one. */
const timeoutSeconds = 60;
/** Between two looks at a stream. */
const lookSeconds = 60;
/** A schedule that never comes, and is switched off besides. */
const never = 'at(2099-12-31T00:00:00)';

/** A job that keep-alive starts. */
export interface KeptJob {
  readonly plan: JobPlanInput;
  readonly description: string;
  /** Part of the logical ids. */
  readonly suffix: string;
  /** `cron(…)`, UTC, of a batch job. Undefined: it starts when it is asked for. */
  readonly schedule: string | undefined;
  /** Keys in the state bucket: of its release object, and of its progress. */
  readonly stateKey: string;
  readonly progressKey: string;
  /** What must be there before it is started; undefined where its plan brings all that it needs. */
  readonly resource: IConstruct | undefined;
}

export interface KeepAliveProps {
  readonly stage: Stage;
  readonly key: IKey;
  readonly state: IBucket;
  readonly jobs: readonly KeptJob[];
}

/**
 * Keeps every stream of a stage running, and starts the batch jobs of a runtime that has no schedules: one function, and
 * a schedule for each job, whose Input is the whole plan of the job.
 */
export class KeepAlive extends Construct {
  constructor(scope: Construct, id: string, props: KeepAliveProps) {
    super(scope, id);
    const { stage, key, jobs } = props;
    const name = `millrace-${stage.name}-keep-alive`;
    const handler = bundledFunction(this, 'Function', {
      stage,
      key,
      functionName: name,
      description: 'Starts jobs that do not run, and has streams of an older release make room',
      logicalId: 'KeepAlive',
      bundle: { entry: 'lambdas/keep-alive/index.ts', folder: ['keep-alive'], files: {} },
      role: {
        description: 'Keeps the jobs of the stage running',
        policy: 'KeepAlive',
        statements: this.statements(props),
      },
      memoryMiB,
      timeoutSeconds,
      logGroupName: `/millrace/${stage.name}/keep-alive`,
      environment: {
        POWERTOOLS_SERVICE_NAME: keepAliveService,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
      },
      // All schedules come at the same second, and a job's own looks do not meet: they take far less than a minute.
      mostAtOnce: jobs.length,
      failing: 'lasting',
    });
    // A look that comes late tells nothing that the next one does not.
    const invocations = new CfnEventInvokeConfig(this, 'Invocations', {
      functionName: handler.functionName,
      qualifier: '$LATEST',
      maximumEventAgeInSeconds: 2 * lookSeconds,
      maximumRetryAttempts: 1,
    });
    invocations.overrideLogicalId('KeepAliveInvocations');

    const role = scheduleRole(this, `Starts ${name}`, handler);
    for (const job of jobs) this.schedule(job, handler, role);
    for (const job of jobs) if (job.plan.keep === 'running') this.alarm(stage, job);
  }

  private schedule(job: KeptJob, handler: IFunction, role: ReturnType<typeof scheduleRole>): void {
    const { plan } = job;
    const kept = plan.keep === 'running';
    const schedule = scheduleFunction(new Construct(this, job.suffix), {
      name: plan.job,
      description: job.description,
      logicalId: `Schedule${job.suffix}`,
      handler,
      role,
      expression: kept ? rateOf(lookSeconds) : (job.schedule ?? never),
      enabled: kept || job.schedule !== undefined,
      input: Stack.of(this).toJsonString(plan),
      retries: kept ? { attempts: 0, withinSeconds: lookSeconds } : { attempts: 2, withinSeconds: 1_800 },
    });
    // It looks as soon as it is scheduled.
    if (job.resource !== undefined) schedule.node.addDependency(job.resource);
  }

  private alarm(stage: Stage, { plan, suffix }: KeptJob): void {
    const alarm = new CfnAlarm(this, `Down${suffix}`, {
      alarmName: `${plan.job}-down`,
      alarmDescription: `The stream has not done its work for ${stage.alarms.downMinutes} minutes, or keep-alive itself does not run: see the log /millrace/${stage.name}/keep-alive, then docs/operations.md, "Streams"`,
      namespace: metricsNamespace,
      metricName: streamMetrics.down,
      dimensions: [
        { name: 'service', value: keepAliveService },
        { name: 'job', value: plan.job },
      ],
      statistic: 'Minimum',
      period: Duration.minutes(1).toSeconds(),
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: stage.alarms.downMinutes,
      datapointsToAlarm: stage.alarms.downMinutes,
      treatMissingData: 'breaching',
    });
    alarm.overrideLogicalId(`StreamDown${suffix}`);
  }

  private statements({ jobs, state, key }: KeepAliveProps): PolicyStatement[] {
    const stack = Stack.of(this);
    const allow = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources });
    const streams = jobs.filter(({ plan }) => plan.keep === 'running');
    return [
      allow(
        ['s3:GetObject', 's3:PutObject'],
        streams.map(({ stateKey }) => state.arnForObjects(stateKey)),
      ),
      allow(
        ['s3:GetObject'],
        streams.map(({ progressKey }) => state.arnForObjects(progressKey)),
      ),
      // Without ListBucket a missing object reads as forbidden, not as missing.
      allow(['s3:ListBucket'], [state.bucketArn]),
      allow(['kms:GenerateDataKey', 'kms:Decrypt'], [key.keyArn]),
      ...glueStatements(stack, jobs),
      ...emrStatements(stack, jobs),
    ];
  }
}

function glueStatements(stack: Stack, jobs: readonly KeptJob[]): PolicyStatement[] {
  const names = jobs.filter(({ plan }) => plan.runtime === 'glue').map(({ plan }) => plan.job);
  if (names.length === 0) return [];
  return [
    new PolicyStatement({
      actions: ['glue:GetJobRuns', 'glue:StartJobRun', 'glue:BatchStopJobRun'],
      resources: names.map((name) =>
        Arn.format({ service: 'glue', resource: 'job', resourceName: name }, stack),
      ),
    }),
  ];
}

function emrStatements(stack: Stack, jobs: readonly KeptJob[]): PolicyStatement[] {
  const requests = jobs.flatMap(({ plan }) => plan.emr ?? []);
  const applications = [...new Set(requests.map(({ applicationId }) => applicationId))];
  if (applications.length === 0) return [];
  const arns = (below: string) =>
    applications.map((id) =>
      Arn.format(
        {
          service: 'emr-serverless',
          resource: `/applications/${id}${below}`,
          arnFormat: ArnFormat.NO_RESOURCE_NAME,
        },
        stack,
      ),
    );
  return [
    new PolicyStatement({
      actions: ['emr-serverless:ListJobRuns', 'emr-serverless:StartJobRun'],
      resources: arns(''),
    }),
    new PolicyStatement({ actions: ['emr-serverless:CancelJobRun'], resources: arns('/jobruns/*') }),
    new PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [...new Set(requests.map(({ executionRoleArn }) => executionRoleArn))],
      conditions: { StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' } },
    }),
  ];
}
