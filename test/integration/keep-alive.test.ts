import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetJobRunsCommand, GlueClient, type JobRun } from '@aws-sdk/client-glue';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsSettings, bucketOf, resourceOf } from '../../bin/command/running.ts';
import { type JobPlan, RELEASE, readPlan } from '../../lambdas/keep-alive/plan.ts';
import { readRecords } from '../../localstack/services/process-record.ts';
import { foldersOf, runningState, type State } from '../../localstack/state.ts';
import type { AuditJson } from './audit-json.ts';
import { type CommandLine, commandLine } from './clone.ts';

const JOB = 'millrace-dev-iot-silver';
const OTHER = 'f'.repeat(16);
const EVENTS = 1_000;

let millrace: CommandLine;

async function stateOf(): Promise<State> {
  const state = await runningState(millrace.stateDir);
  if (state === undefined) throw new Error('nothing runs');
  return state;
}

/** What keep-alive is told of the stream, as the template says it. */
async function planOf(): Promise<JobPlan> {
  const { properties } = resourceOf(
    await stateOf(),
    'AWS::Scheduler::Schedule',
    (_id, resource) => resource.id === JOB,
  );
  return readPlan(JSON.parse((properties.Target as { readonly Input: string }).Input));
}

/** Newest first. */
async function runs(): Promise<JobRun[]> {
  const glue = new GlueClient(awsSettings(await stateOf(), 'jobs'));
  try {
    return (await glue.send(new GetJobRunsCommand({ JobName: JOB }))).JobRuns ?? [];
  } finally {
    glue.destroy();
  }
}

/** The newest run that is as wanted, once there is one. */
async function runThat(
  what: string,
  wanted: (run: JobRun, all: readonly JobRun[]) => boolean,
): Promise<JobRun> {
  for (let tries = 0; tries < 600; tries += 1, await sleep(500)) {
    const all = await runs();
    const found = all.find((run) => wanted(run, all));
    if (found !== undefined) return found;
  }
  throw new Error(`no run ${what}: ${JSON.stringify(await runs())}`);
}

const isRunning = ({ JobRunState }: JobRun): boolean => JobRunState === 'RUNNING';

/** Invokes keep-alive as its schedule does, with changes to the plan. */
async function look(changes: Partial<JobPlan>): Promise<void> {
  const lambda = new LambdaClient(awsSettings(await stateOf(), 'lambda'));
  try {
    const Payload = JSON.stringify({ ...(await planOf()), ...changes });
    const { FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: 'millrace-dev-keep-alive', Payload }),
    );
    expect(FunctionError).toBeUndefined();
  } finally {
    lambda.destroy();
  }
}

async function kill(): Promise<void> {
  const [driver] = (await readRecords(foldersOf(millrace.stateDir).processes)).filter(
    ({ name }) => name === `spark-${JOB}`,
  );
  if (driver === undefined) throw new Error('no driver runs');
  process.kill(driver.pid, 'SIGKILL');
}

async function eventsOfLog(): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(millrace.stateDir, 'logs', `spark-${JOB}.log`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function progress(): Promise<Record<string, unknown>> {
  const state = await stateOf();
  const s3 = new S3Client({ ...awsSettings(state, 's3'), forcePathStyle: true });
  try {
    const Bucket = bucketOf(state, 'State');
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'progress/iot/silver.json' }));
    return JSON.parse((await Body?.transformToString()) ?? '{}');
  } finally {
    s3.destroy();
  }
}

async function audited(): Promise<AuditJson> {
  return JSON.parse(await millrace.succeed('audit', '--wait', '240', '--json')) as AuditJson;
}

beforeAll(async () => {
  millrace = await commandLine();
  await millrace.succeed('up', 'iot');
});

afterAll(async () => {
  await millrace.end();
});

describe('keep-alive on a local run', () => {
  test('starts the stream with the release of the templates', async () => {
    // Act
    const run = await runThat('runs', isRunning);

    // Assess
    expect(run.Arguments).toEqual({ [RELEASE]: (await planOf()).release });
  });

  test('has a stream of another release end after its batch, and starts its own', async () => {
    // Prepare
    const { release } = await planOf();
    const before = await runThat('runs', isRunning);
    await millrace.succeed('produce', 'iot', '--events', String(EVENTS), '--seed', '1');

    // Act: the schedule, which knows nothing of this release, then wants its own again
    await look({ release: OTHER });
    const drained = await runThat(
      'drained',
      ({ Id, JobRunState }) => Id === before.Id && JobRunState === 'SUCCEEDED',
    );
    await look({ release: OTHER });
    const other = await runThat('of the other release', ({ Arguments }) => Arguments?.[RELEASE] === OTHER);
    const again = await runThat(
      'of its own release',
      (run, all) => isRunning(run) && run.Arguments?.[RELEASE] === release && all[0]?.Id === run.Id,
    );

    // Assess
    expect(drained.ErrorMessage).toBeUndefined();
    expect(new Set([before.Id, other.Id, again.Id]).size).toBe(3);
    expect(await eventsOfLog()).toContainEqual(
      expect.objectContaining({ event: 'drained', dataset: 'iot', release, successor: OTHER }),
    );
    expect(await audited()).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  });

  test('brings back a stream that was killed more often than Glue starts it again', async () => {
    // Prepare
    const first = await runThat('runs', isRunning);
    await millrace.succeed('produce', 'iot', '--events', String(EVENTS), '--seed', '2');

    // Act
    for (let retries = 0; retries <= 3; retries += 1) {
      await runThat(`is retry ${retries}`, (run) => isRunning(run) && run.Attempt === retries);
      await kill();
    }
    const back = await runThat(
      'is back',
      (run) => isRunning(run) && run.Attempt === 0 && run.Id !== first.Id,
    );

    // Assess
    const failed = (await runs()).filter(({ JobRunState }) => JobRunState === 'FAILED');
    expect(failed).toHaveLength(4);
    expect(back.Arguments).toEqual({ [RELEASE]: (await planOf()).release });
    expect(await audited()).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  });

  test('a run that is started anew goes on from its checkpoint, which belongs to its topic', async () => {
    // Prepare
    const before = await progress();
    await millrace.succeed('down');

    // Act
    await millrace.succeed('up', 'iot');
    await millrace.succeed('produce', 'iot', '--events', String(EVENTS), '--seed', '3');

    // Assess
    expect(await audited()).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
    const after = await progress();
    expect(after.origin).toEqual(before.origin);
    expect(before.origin).toMatchObject({ topic: 'iot-events', topicId: expect.stringMatching(/^.{22}$/) });
    expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
  });
});
