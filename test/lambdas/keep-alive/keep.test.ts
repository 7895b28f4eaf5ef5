import {
  CancelJobRunCommand,
  EMRServerlessClient,
  ListJobRunsCommand,
  StartJobRunCommand as StartEmr,
} from '@aws-sdk/client-emr-serverless';
import {
  BatchStopJobRunCommand,
  ConcurrentRunsExceededException,
  GetJobRunsCommand,
  GlueClient,
  type JobRun,
  StartJobRunCommand,
} from '@aws-sdk/client-glue';
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { emrServerlessRuntime } from '../../../lambdas/keep-alive/emr-serverless.ts';
import { glueRuntime } from '../../../lambdas/keep-alive/glue.ts';
import { keep } from '../../../lambdas/keep-alive/keep.ts';
import { emr, OTHER, plan, RELEASE } from './plans.ts';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const minutesAgo = (minutes: number): Date => new Date(NOW - minutes * 60_000);

const s3Mock = mockClient(S3Client);
const glueMock = mockClient(GlueClient);
const emrMock = mockClient(EMRServerlessClient);
const s3 = new S3Client({});

/** What stands at the plan's `state`. */
function wanted(text: string): void {
  s3Mock.on(GetObjectCommand).callsFake(() => ({ Body: { transformToString: async () => text } }));
}
const written = () =>
  s3Mock.commandCalls(PutObjectCommand).map(({ args }) => JSON.parse(String(args[0].input.Body)) as unknown);
const asked = (release: string, minutes = 0) =>
  JSON.stringify({ release, askedAt: minutesAgo(minutes).toISOString() });

beforeEach(() => {
  for (const mock of [s3Mock, glueMock, emrMock]) mock.reset();
  s3Mock.on(GetObjectCommand).rejects(new NoSuchKey({ message: 'none', $metadata: {} }));
  s3Mock.on(PutObjectCommand).resolves({});
  s3Mock.on(HeadObjectCommand).rejects(new NotFound({ message: 'none', $metadata: {} }));
});

describe('under Glue', () => {
  const kept = plan();
  const runtime = () => glueRuntime(new GlueClient({}), kept);
  const runs = (...JobRuns: JobRun[]) => glueMock.on(GetJobRunsCommand).resolves({ JobRuns });
  const run = (over: JobRun): JobRun => ({
    Id: 'jr_1',
    JobRunState: 'RUNNING',
    StartedOn: minutesAgo(30),
    Arguments: { '--release': RELEASE },
    ...over,
  });

  test('a stream that never ran is started with its release, which is declared before', async () => {
    // Prepare
    runs();
    glueMock.on(StartJobRunCommand).resolves({ JobRunId: 'jr_new' });

    // Act
    const { started } = await keep(kept, runtime(), s3, NOW);

    // Assess
    expect(started).toBe('jr_new');
    expect(glueMock.commandCalls(StartJobRunCommand)[0]?.args[0].input).toEqual({
      JobName: kept.job,
      Arguments: { '--release': RELEASE },
    });
    expect(s3Mock.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({
      Bucket: 'state',
      Key: 'progress/iot/silver-release.json',
    });
    expect(written()).toEqual([{ release: RELEASE, askedAt: new Date(NOW).toISOString() }]);
  });

  test('one that runs as it should is left alone, and nothing is written again', async () => {
    // Prepare
    wanted(asked(RELEASE, 600));
    runs(run({}));

    // Act
    const { decision } = await keep(kept, runtime(), s3, NOW);

    // Assess
    expect(decision).toMatchObject({ act: 'leave', why: 'runs', down: false });
    expect(written()).toEqual([]);
    expect(glueMock.commandCalls(StartJobRunCommand)).toEqual([]);
  });

  test.each(['{"release": "', '[]', ''])('what cannot be read (%j) is written anew', async (text) => {
    // Prepare
    wanted(text);
    runs(run({}));

    // Act
    await keep(kept, runtime(), s3, NOW);

    // Assess
    expect(written()).toHaveLength(1);
  });

  test('one of another release is asked to end, and stopped ten minutes later', async () => {
    // Prepare
    const old = run({ Arguments: { '--release': OTHER } });
    glueMock.on(BatchStopJobRunCommand).resolves({ SuccessfulSubmissions: [] });

    // Act
    wanted(asked(OTHER, 600));
    runs(old);
    const first = await keep(kept, runtime(), s3, NOW);
    wanted(asked(RELEASE, 9));
    const later = await keep(kept, runtime(), s3, NOW);
    const stoppedBefore = glueMock.commandCalls(BatchStopJobRunCommand).length;
    wanted(asked(RELEASE, 11));
    const last = await keep(kept, runtime(), s3, NOW);

    // Assess
    expect(first.decision).toMatchObject({ why: 'drains' });
    expect(written()).toEqual([{ release: RELEASE, askedAt: new Date(NOW).toISOString() }]);
    expect(later.decision).toMatchObject({ why: 'drains' });
    expect(stoppedBefore).toBe(0);
    expect(last.decision).toMatchObject({ act: 'stop', runs: ['jr_1'] });
    expect(glueMock.commandCalls(BatchStopJobRunCommand)[0]?.args[0].input).toEqual({
      JobName: kept.job,
      JobRunIds: ['jr_1'],
    });
  });

  test('a run that ended before it could be stopped is no error, whatever Glue calls it; another refusal is', async () => {
    // Prepare
    const ErrorDetail = { ErrorCode: 'OfToday', ErrorMessage: 'why' };
    glueMock.on(BatchStopJobRunCommand).resolves({ Errors: [{ JobRunId: 'jr_1', ErrorDetail }] });

    // Act, Assess
    runs(run({ Id: 'jr_2' }), run({ JobRunState: 'FAILED' }));
    await expect(runtime().stop(['jr_1', 'jr_2'])).resolves.toBeUndefined();
    runs(run({ Id: 'jr_2', JobRunState: 'STOPPED' }), run({}));
    await expect(runtime().stop(['jr_1', 'jr_2'])).rejects.toMatchObject({
      code: 'MR901',
      where: `job ${kept.job}, jr_1`,
    });
  });

  test('a stream that failed after a long life without progress is not taken for a good one', async () => {
    // Prepare
    const long = [1, 31, 61].map((minutes) =>
      run({
        Id: `jr_${minutes}`,
        JobRunState: 'FAILED',
        StartedOn: minutesAgo(minutes + 20),
        CompletedOn: minutesAgo(minutes),
      }),
    );
    runs(...long);
    glueMock.on(StartJobRunCommand).resolves({ JobRunId: 'jr_new' });

    // Act
    s3Mock.on(HeadObjectCommand).resolves({ LastModified: minutesAgo(600) });
    const stuck = await keep(kept, runtime(), s3, NOW);
    s3Mock.on(HeadObjectCommand).resolves({ LastModified: minutesAgo(2) });
    const worked = await keep(kept, runtime(), s3, NOW);

    // Assess
    expect(stuck.decision.failures).toBe(3);
    expect(worked.decision.failures).toBe(0);
  });

  test('a start that another start came before is no error', async () => {
    // Prepare
    runs();
    glueMock
      .on(StartJobRunCommand)
      .rejects(new ConcurrentRunsExceededException({ message: 'one at a time', $metadata: {} }));

    // Act
    const { decision, started } = await keep(kept, runtime(), s3, NOW);

    // Assess
    expect(decision.act).toBe('start');
    expect(started).toBeUndefined();
  });

  test.each([
    ['FAILED', 'ended', true],
    ['TIMEOUT', 'ended', true],
    ['ERROR', 'ended', true],
    ['STOPPED', 'ended', false],
    ['SUCCEEDED', 'ended', false],
    ['EXPIRED', 'ended', false],
    ['STOPPING', 'stopping', false],
    ['STARTING', 'live', false],
    ['WAITING', 'live', false],
    ['OF_TOMORROW', 'live', false],
  ] as const)('%s is %s', async (state, phase, failed) => {
    // Prepare
    runs(run({ JobRunState: state as 'FAILED', CompletedOn: minutesAgo(1), ErrorMessage: 'why' }));

    // Act
    const [found] = await runtime().runs();

    // Assess
    expect(found).toMatchObject({ phase, failed, release: RELEASE, error: 'why' });
    expect(found?.endedMs).toBe(phase === 'ended' ? NOW - 60_000 : undefined);
  });
});

describe('under EMR Serverless', () => {
  const kept = plan({ runtime: 'emr-serverless', emr });
  const runtime = (of = kept) => emrServerlessRuntime(new EMRServerlessClient({}), of);
  const summary = (id: string, name: string, state: 'RUNNING' | 'FAILED' | 'SUCCESS', minutes: number) => ({
    id,
    name,
    state,
    createdAt: minutesAgo(minutes),
    updatedAt: minutesAgo(minutes - 1),
    stateDetails: 'why',
    applicationId: emr.applicationId,
    arn: `arn:${id}`,
    createdBy: 'keep-alive',
    executionRole: emr.executionRoleArn,
    releaseLabel: 'emr-spark-8.1.0',
  });
  const lists = (live: ReturnType<typeof summary>[], ended: ReturnType<typeof summary>[]) =>
    emrMock.on(ListJobRunsCommand).callsFake(({ states }: { states: string[] }) => ({
      jobRuns: states.includes('RUNNING') ? live : ended,
    }));

  test('a run is known by its name: job and release', async () => {
    // Prepare
    lists(
      [
        summary('1', `${kept.job}@${RELEASE}`, 'RUNNING', 5),
        summary('2', 'millrace-dev-iot-gold@x', 'RUNNING', 4),
      ],
      [
        summary('3', `${kept.job}@${OTHER}`, 'FAILED', 60),
        summary('4', `${kept.job}@${OTHER}`, 'SUCCESS', 30),
      ],
    );

    // Act
    const found = await runtime().runs();

    // Assess
    expect(found.map(({ id, phase, failed, release }) => [id, phase, failed, release])).toEqual([
      ['1', 'live', false, RELEASE],
      ['4', 'ended', false, OTHER],
      ['3', 'ended', true, OTHER],
    ]);
  });

  test('a start sends the request of the plan, and two of one decision send one token', async () => {
    // Prepare
    lists([], [summary('3', `${kept.job}@${RELEASE}`, 'FAILED', 60)]);
    emrMock.on(StartEmr).resolves({ jobRunId: '5' });

    // Act
    const { started } = await keep(kept, runtime(), s3, NOW);
    await keep(kept, runtime(), s3, NOW + 30_000);
    lists([], [summary('6', `${kept.job}@${RELEASE}`, 'FAILED', 50)]);
    await keep(kept, runtime(), s3, NOW);

    // Assess
    const inputs = emrMock.commandCalls(StartEmr).map(({ args }) => args[0].input);
    const tokens = inputs.map(({ clientToken }) => clientToken);
    expect(started).toBe('5');
    expect(inputs[0]).toMatchObject({ ...emr, name: `${kept.job}@${RELEASE}` });
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[2]).not.toBe(tokens[0]);
    expect(tokens[0]).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  });

  test('a token lasts ten minutes where the last run is older than what is looked at', async () => {
    // Prepare
    lists([], []);
    emrMock.on(StartEmr).resolves({ jobRunId: '5' });

    // Act
    for (const minutes of [0, 1, 10]) await keep(kept, runtime(), s3, NOW + minutes * 60_000);

    // Assess
    const tokens = emrMock.commandCalls(StartEmr).map(({ args }) => args[0].input.clientToken);
    expect(tokens[1]).toBe(tokens[0]);
    expect(tokens[2]).not.toBe(tokens[0]);
  });

  test('a run is told with the times of its last attempt, where EMR has them', async () => {
    // Prepare
    const attempt = { attemptCreatedAt: minutesAgo(3), attemptUpdatedAt: minutesAgo(2) };
    const failed = { ...summary('3', `${kept.job}@${RELEASE}`, 'FAILED', 60), updatedAt: minutesAgo(1) };
    lists([], [{ ...failed, ...attempt }]);

    // Act
    const found = await runtime().runs();

    // Assess
    expect(found).toMatchObject([
      { startedMs: NOW - 3_600_000, attemptMs: NOW - 180_000, endedMs: NOW - 120_000 },
    ]);
  });

  test('arguments of one run stand in place of the plan’s', async () => {
    // Prepare
    const once = plan({
      runtime: 'emr-serverless',
      emr,
      keep: 'once',
      arguments: { '--run-mode': 'available-now', '--from': '2026-01-01' },
    });
    lists([], []);
    emrMock.on(StartEmr).resolves({ jobRunId: '5' });

    // Act
    await keep(once, runtime(once), s3, NOW);

    // Assess
    const [call] = emrMock.commandCalls(StartEmr);
    expect(call?.args[0].input.jobDriver?.sparkSubmit?.entryPointArguments).toEqual([
      ...['--stage', 'dev', '--run-mode', 'available-now', '--release', RELEASE, '--from', '2026-01-01'],
    ]);
    // It is kept by nobody: no release is declared, no history is read.
    expect(s3Mock.calls()).toEqual([]);
    expect(emrMock.commandCalls(ListJobRunsCommand)).toHaveLength(1);
  });

  test('one that does not drain is cancelled', async () => {
    // Prepare
    wanted(asked(RELEASE, 11));
    lists([summary('1', `${kept.job}@${OTHER}`, 'RUNNING', 60)], []);
    emrMock.on(CancelJobRunCommand).resolves({});

    // Act
    await keep(kept, runtime(), s3, NOW);

    // Assess
    expect(emrMock.commandCalls(CancelJobRunCommand)[0]?.args[0].input).toEqual({
      applicationId: emr.applicationId,
      jobRunId: '1',
    });
  });
});
