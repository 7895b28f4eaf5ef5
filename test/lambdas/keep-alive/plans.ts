import { type JobPlan, type JobPlanInput, readPlan } from '../../../lambdas/keep-alive/plan.ts';

export const RELEASE = '0123456789abcdef';
export const OTHER = 'fedcba9876543210';

const silver: JobPlanInput = {
  job: 'millrace-dev-iot-silver',
  dataset: 'iot',
  kind: 'silver',
  runtime: 'glue',
  keep: 'running',
  release: RELEASE,
  pauseSeconds: 0,
  state: 's3://state/progress/iot/silver-release.json',
};

/** A plan as its schedule's Input has it. */
export function planInput(over: Partial<JobPlanInput> = {}): JobPlanInput {
  return { ...silver, ...over };
}

export function plan(over: Partial<JobPlanInput> = {}): JobPlan {
  return readPlan(planInput(over));
}

/** Of a plan on EMR Serverless. */
export const emr: NonNullable<JobPlanInput['emr']> = {
  applicationId: '00fabcdefghijk01',
  executionRoleArn: 'arn:aws:iam::123456789012:role/silver',
  mode: 'STREAMING',
  executionTimeoutMinutes: 0,
  retryPolicy: { maxFailedAttemptsPerHour: 4 },
  jobDriver: {
    sparkSubmit: {
      entryPoint: 's3://assets/silver.py',
      entryPointArguments: ['--stage', 'dev', '--run-mode', 'continuous', '--release', RELEASE],
    },
  },
  configurationOverrides: {
    applicationConfiguration: [{ classification: 'spark-defaults', properties: { 'spark.a': 'b' } }],
    monitoringConfiguration: {
      cloudWatchLoggingConfiguration: { enabled: true, logGroupName: '/millrace/dev/iot/silver/spark' },
      managedPersistenceMonitoringConfiguration: { enabled: false },
    },
  },
};
