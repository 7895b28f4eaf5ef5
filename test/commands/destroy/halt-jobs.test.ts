import {
  CancelJobRunCommand,
  EMRServerlessClient,
  ListApplicationsCommand,
  ListJobRunsCommand,
  StopApplicationCommand,
  ValidationException,
} from '@aws-sdk/client-emr-serverless';
import {
  BatchStopJobRunCommand,
  EntityNotFoundException,
  GetJobRunsCommand,
  GetTriggersCommand,
  GlueClient,
  type JobRunState,
  ListJobsCommand,
  StopTriggerCommand,
  type TriggerState,
} from '@aws-sdk/client-glue';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { haltJobs, LOOKS, PAUSE_MS } from '../../../bin/command/destroy/halt-jobs.ts';
import { type Stage, stageOf } from '../../../lib/stages.ts';

const JOB = 'millrace-dev-iot-silver';
const glue = mockClient(GlueClient);
const emr = mockClient(EMRServerlessClient);
const lambda = mockClient(LambdaClient);
const dev = stageOf('dev');
const gone = { message: 'gone', $metadata: {} };
/** Milliseconds that were waited. */
let waitedMs = 0;
let told: string[] = [];

function halt(stage: Stage = dev): Promise<void> {
  return haltJobs(stage, {
    glue: new GlueClient({}),
    emrServerless: new EMRServerlessClient({}),
    lambda: new LambdaClient({}),
    tell: (text) => {
      told.push(text);
    },
    sleep: async (ms) => {
      waitedMs += ms;
    },
  });
}

/** States of the one run, look by look; the last one stays. */
function runIs(...states: readonly JobRunState[]): void {
  glue.on(ListJobsCommand).resolves({ JobNames: [JOB, 'millrace-staging-iot-silver', 'of-somebody'] });
  const looks = glue.on(GetJobRunsCommand);
  for (const JobRunState of states.slice(0, -1))
    looks.resolvesOnce({ JobRuns: [{ Id: 'jr_1', JobRunState }] });
  looks.resolves({ JobRuns: [{ Id: 'jr_1', JobRunState: states.at(-1) }] });
}

beforeEach(() => {
  waitedMs = 0;
  told = [];
  for (const mock of [glue, emr, lambda]) mock.reset();
  glue.on(ListJobsCommand).resolves({}).on(GetTriggersCommand).resolves({});
  glue.on(StopTriggerCommand).resolves({}).on(BatchStopJobRunCommand).resolves({});
  lambda.on(PutFunctionConcurrencyCommand).rejects(new ResourceNotFoundException(gone));
});

describe('what starts jobs', () => {
  test('is held: keep-alive is invoked no more, and a start under way is waited for', async () => {
    // Prepare
    lambda.on(PutFunctionConcurrencyCommand).resolves({});
    lambda.on(GetFunctionConfigurationCommand).resolves({ Timeout: 60 });

    // Act
    await halt();

    // Assess
    expect(lambda.commandCalls(PutFunctionConcurrencyCommand)[0]?.args[0].input).toEqual({
      FunctionName: 'millrace-dev-keep-alive',
      ReservedConcurrentExecutions: 0,
    });
    expect(waitedMs).toBe(60_000);
    expect(told[0]).toBe('no job runs; a start may be under way for 60 s more');
  });

  test('is held: triggers of the stage that are on, and of no other', async () => {
    // Prepare
    const triggers = (State: TriggerState) => ({
      Triggers: [
        { Name: 'millrace-dev-iot-gold', State },
        { Name: 'millrace-dev-iot-never', State: 'CREATED' as const },
        { Name: 'millrace-staging-iot-gold', State: 'ACTIVATED' as const },
      ],
    });
    glue
      .on(GetTriggersCommand)
      .resolvesOnce(triggers('ACTIVATED'))
      .resolvesOnce(triggers('DEACTIVATING'))
      .resolves(triggers('DEACTIVATED'));

    // Act
    await halt();

    // Assess
    expect(glue.commandCalls(StopTriggerCommand).map(({ args }) => args[0].input)).toEqual([
      { Name: 'millrace-dev-iot-gold' },
    ]);
    expect(waitedMs).toBe(2 * PAUSE_MS);
  });

  test.each([
    ['keep-alive', () => lambda.on(PutFunctionConcurrencyCommand).rejects(new Error('denied'))],
    ['a trigger', () => glue.on(GetTriggersCommand).rejects(new Error('denied'))],
    ['the jobs', () => glue.on(ListJobsCommand).rejects(new Error('denied'))],
  ])('a refusal of AWS is not passed over: %s', async (_what, refuse) => {
    // Prepare
    refuse();

    // Act
    const act = halt();

    // Assess
    await expect(act).rejects.toThrow('denied');
  });
});

describe('runs on Glue', () => {
  test('are stopped once, and their end is waited for', async () => {
    // Prepare
    runIs('RUNNING', 'STOPPING', 'STOPPED');

    // Act
    await halt();

    // Assess
    expect(glue.commandCalls(BatchStopJobRunCommand).map(({ args }) => args[0].input)).toEqual([
      { JobName: JOB, JobRunIds: ['jr_1'] },
    ]);
    expect(told[0]).toBe(`waiting for 1 to end: job ${JOB}, run jr_1`);
    expect(waitedMs).toBe(2 * PAUSE_MS);
    expect(emr.calls()).toEqual([]);
  });

  test('that are started while a start was under way are stopped too', async () => {
    // Prepare
    lambda.on(PutFunctionConcurrencyCommand).resolves({});
    lambda.on(GetFunctionConfigurationCommand).resolves({ Timeout: 10 });
    runIs('STOPPED', 'STARTING', 'STOPPED');

    // Act
    await halt();

    // Assess
    expect(glue.commandCalls(BatchStopJobRunCommand)).toHaveLength(1);
  });

  test('of a job that is deleted meanwhile are none', async () => {
    // Prepare
    runIs('RUNNING');
    glue.on(GetJobRunsCommand).rejects(new EntityNotFoundException(gone));

    // Act
    const act = halt();

    // Assess
    await expect(act).resolves.toBeUndefined();
  });

  test('that do not end are named, after a bounded time', async () => {
    // Prepare
    runIs('STOPPING');

    // Act
    const act = halt();

    // Assess
    await expect(act).rejects.toMatchObject({
      code: 'MR726',
      where: `job ${JOB}, run jr_1`,
      mend: expect.stringContaining('run the command again'),
    });
    expect(waitedMs).toBe(LOOKS * PAUSE_MS);
  });

  test('that Glue refuses to stop are an error', async () => {
    // Prepare
    runIs('RUNNING');
    glue.on(BatchStopJobRunCommand).resolves({
      Errors: [{ ErrorDetail: { ErrorCode: 'AccessDeniedException', ErrorMessage: 'denied' } }],
    });

    // Act
    const act = halt();

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR901' });
  });
});

describe('on EMR Serverless', () => {
  const stage: Stage = {
    ...dev,
    jobs: {
      ...dev.jobs,
      runtime: {
        kind: 'emr-serverless',
        workerVcpus: 2,
        workerMemoryGiB: 8,
        executors: 2,
        mostVcpus: 16,
        warmWorkers: 0,
      },
    },
  };
  const application = {
    id: '00abc',
    name: 'millrace-dev',
    arn: 'arn',
    releaseLabel: 'emr-spark-8.1.0',
    type: 'SPARK',
  };
  const others = [
    { ...application, id: '00other', name: 'millrace-staging', state: 'STARTED' as const },
    { ...application, id: '00old', state: 'TERMINATED' as const },
  ];
  const at = { createdAt: new Date(0), updatedAt: new Date(0) };
  const applicationIs = (state: 'STARTED' | 'STOPPING' | 'STOPPED') => ({
    applications: [{ ...application, ...at, state }, ...others.map((one) => ({ ...one, ...at }))],
  });
  const run = (state: 'RUNNING' | 'CANCELLING') => ({
    jobRuns: [
      {
        ...at,
        applicationId: application.id,
        id: 'run1',
        name: `${JOB}@r1`,
        arn: 'arn',
        createdBy: 'arn',
        executionRole: 'arn',
        state,
        stateDetails: '',
        releaseLabel: application.releaseLabel,
      },
    ],
  });

  beforeEach(() => {
    emr.on(CancelJobRunCommand).resolves({});
    emr.on(ListJobRunsCommand).resolves({ jobRuns: [] });
  });

  test('runs are cancelled, then the application is stopped; its end is waited for', async () => {
    // Prepare
    emr
      .on(ListJobRunsCommand)
      .resolvesOnce(run('RUNNING'))
      .resolvesOnce(run('CANCELLING'))
      .resolves({ jobRuns: [] });
    emr
      .on(ListApplicationsCommand)
      .resolvesOnce(applicationIs('STARTED'))
      .resolvesOnce(applicationIs('STARTED'))
      .resolvesOnce(applicationIs('STARTED'))
      .resolvesOnce(applicationIs('STOPPING'))
      .resolves(applicationIs('STOPPED'));
    emr.on(StopApplicationCommand).resolves({});

    // Act
    await halt(stage);

    // Assess
    const ordered = emr
      .calls()
      .map(({ args }) => args[0])
      .filter((one) => one instanceof CancelJobRunCommand || one instanceof StopApplicationCommand);
    expect(ordered.map(({ input }) => input)).toEqual([
      { applicationId: '00abc', jobRunId: 'run1' },
      { applicationId: '00abc' },
    ]);
    expect(waitedMs).toBe(4 * PAUSE_MS);
  });

  test('an application that was never deployed, or is gone, is none to wait for', async () => {
    // Prepare
    emr.on(ListApplicationsCommand).resolves({ applications: [] });

    // Act
    await halt(stage);

    // Assess
    expect(waitedMs).toBe(0);
  });

  test('what keeps it from being stopped is told in the end', async () => {
    // Prepare
    emr.on(ListApplicationsCommand).resolves(applicationIs('STARTED'));
    emr
      .on(StopApplicationCommand)
      .rejects(new ValidationException({ message: 'it has active jobs', $metadata: {} }));

    // Act
    const act = halt(stage);

    // Assess
    await expect(act).rejects.toMatchObject({
      code: 'MR726',
      where: 'application 00abc, it has active jobs',
    });
  });
});
