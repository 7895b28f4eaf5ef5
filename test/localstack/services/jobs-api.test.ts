import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchStopJobRunCommand,
  GetJobCommand,
  GetJobRunCommand,
  GetJobRunsCommand,
  GetTableCommand,
  GlueClient,
  type JobRun,
  ListJobsCommand,
  paginateGetJobRuns,
  StartJobRunCommand,
} from '@aws-sdk/client-glue';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RESTART } from '../../../localstack/differences.ts';
import type { Local } from '../../../localstack/local.ts';
import { createJobs, type Jobs } from '../../../localstack/services/jobs.ts';
import { type JobsApi, startJobsApi } from '../../../localstack/services/jobs-api.ts';
import { localExample } from '../local-example.ts';

/** A Glue job that does what its arguments say, in Node in the place of Python. */
const SCRIPT = `
const word = (name) => process.argv[process.argv.indexOf(name) + 1];
if (word('--do') === 'fail') { console.error('ValueError: ' + word('--why')); process.exit(9); }
if (word('--do') === 'hang') setTimeout(() => {}, 60_000);
`;

/** What the catalog was asked, and where it answers: every table is called after its target. */
let asked: IncomingMessage[] = [];
const catalog = createServer((message, response) => {
  asked.push(message);
  message.resume();
  response
    .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
    .end(JSON.stringify({ Table: { Name: message.headers['x-amz-target'] } }));
});

async function catalogUrl(): Promise<string> {
  if (!catalog.listening) {
    catalog.listen(0, '127.0.0.1');
    await once(catalog, 'listening');
  }
  return `http://127.0.0.1:${(catalog.address() as AddressInfo).port}`;
}

let folder = '';
let jobs: Jobs;
let api: JobsApi;
let glue: GlueClient;

/** Its scripts are run by Node.js in Python's place. */
function local(): Local {
  const example = localExample(folder);
  return { ...example, toolchain: { ...example.toolchain, python: process.execPath } };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-jobs-'));
});
beforeEach(async () => {
  jobs = createJobs({
    local: local(),
    fetch: async (uri) => Buffer.from(uri.endsWith('.cjs') ? SCRIPT : ''),
    log: () => undefined,
    enabled: true,
  });
  for (const name of ['one', 'two']) {
    jobs.define({
      name,
      command: 'gluestreaming',
      script: 's3://assets/job.cjs',
      arguments: { '--do': 'end', '--why': 'none given' },
      maxRetries: 1,
      maxConcurrentRuns: 1,
    });
  }
  api = await startJobsApi(jobs, { port: 0, catalog: await catalogUrl() });
  glue = new GlueClient({
    endpoint: api.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  return async () => {
    glue.destroy();
    await api.stop();
    await jobs.stop();
  };
});
afterAll(async () => {
  catalog.close();
  catalog.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

async function start(args: Record<string, string> = {}): Promise<string> {
  const { JobRunId } = await glue.send(new StartJobRunCommand({ JobName: 'one', Arguments: args }));
  return JobRunId ?? '';
}

/** The run once it is in one of the states. */
async function reached(RunId: string, ...states: string[]): Promise<JobRun> {
  for (let tries = 0; tries < 400; tries += 1) {
    // A retry is not there yet when the run before it has just failed.
    const { JobRun } = await glue
      .send(new GetJobRunCommand({ JobName: 'one', RunId }))
      .catch(() => ({ JobRun: undefined }));
    if (states.includes(JobRun?.JobRunState ?? '')) return JobRun ?? {};
    await sleep(25);
  }
  throw new Error(`${RunId} never was ${states.join(' or ')}`);
}

describe('the job API', () => {
  it('names the jobs and what is declared of them', async () => {
    // Act
    const { JobNames } = await glue.send(new ListJobsCommand({}));
    const { Job } = await glue.send(new GetJobCommand({ JobName: 'two' }));

    // Assess
    expect(JobNames).toEqual(['one', 'two']);
    expect(Job).toMatchObject({
      Name: 'two',
      Command: { Name: 'gluestreaming', ScriptLocation: 's3://assets/job.cjs' },
      ExecutionProperty: { MaxConcurrentRuns: 1 },
      MaxRetries: 1,
    });
  });

  it('runs a job to its end', async () => {
    // Act
    const run = await reached(await start(), 'SUCCEEDED', 'FAILED');

    // Assess
    expect(run).toMatchObject({ JobName: 'one', JobRunState: 'SUCCEEDED', Attempt: 0, Arguments: {} });
    expect(run.CompletedOn?.getTime()).toBeGreaterThanOrEqual(run.StartedOn?.getTime() ?? Infinity);
    expect(run.ErrorMessage).toBeUndefined();
  });

  it('lays the arguments of a run over those of the job, and retries a failure under an id of its own', async () => {
    // Act
    const first = await start({ '--do': 'fail' });
    const failed = await reached(first, 'FAILED');
    const retried = await reached(`${first}_attempt_1`, 'FAILED');

    // Assess
    expect(failed.ErrorMessage).toBe('exit code 9: ValueError: none given');
    expect(retried).toMatchObject({ Attempt: 1, PreviousRunId: first, Arguments: { '--do': 'fail' } });
  });

  it('refuses a second run of a job beside the first, and stops a run that is asked to', async () => {
    // Prepare
    const first = await start({ '--do': 'hang' });
    await reached(first, 'RUNNING');

    // Act
    const refused = await start().catch((error: unknown) => error);
    const other = await glue.send(new StartJobRunCommand({ JobName: 'two' }));
    const stop = await glue.send(
      new BatchStopJobRunCommand({ JobName: 'one', JobRunIds: [first, 'jr_none'] }),
    );
    const stopped = await reached(first, 'STOPPED');
    const next = await reached(await start(), 'SUCCEEDED');

    // Assess
    expect(refused).toMatchObject({ name: 'ConcurrentRunsExceededException' });
    expect(other.JobRunId).toMatch(/^jr_/);
    expect(stop.SuccessfulSubmissions).toEqual([{ JobName: 'one', JobRunId: first }]);
    expect(stop.Errors?.[0]).toMatchObject({ JobRunId: 'jr_none' });
    expect(stopped.ErrorMessage).toBeUndefined();
    expect(next.JobRunState).toBe('SUCCEEDED');
  });

  it('drops the retry of a run where another was started meanwhile', async () => {
    // Prepare: the retry comes a moment after the failure
    const first = await start({ '--do': 'fail' });
    await reached(first, 'FAILED');

    // Act
    const second = await start({ '--do': 'hang' });
    await reached(second, 'RUNNING');
    await sleep(2 * RESTART.retryMs);
    await glue.send(new BatchStopJobRunCommand({ JobName: 'one', JobRunIds: [second] }));
    await reached(second, 'STOPPED');
    await sleep(2 * RESTART.retryMs);

    // Assess
    expect(jobs.runs('one').map(({ id }) => id)).toEqual([second, first]);
  });

  it('starts nothing any more once it is stopping', async () => {
    // Prepare
    const stopping = jobs.stop();

    // Act
    const refused = await start().catch((error: unknown) => error);
    await stopping;

    // Assess
    expect(refused).toMatchObject({ name: 'InvalidInputException' });
    expect(jobs.runs('one')).toEqual([]);
  });

  it('lists the runs of a trigger too, the newest first, page by page', async () => {
    // Prepare: the trigger waits until the first run has ended
    const first = await start({ '--do': 'hang' });
    await reached(first, 'RUNNING');
    jobs.schedule('one', { '--why': 'a trigger' });

    // Act
    await sleep(100);
    const before = await glue.send(new GetJobRunsCommand({ JobName: 'one' }));
    await glue.send(new BatchStopJobRunCommand({ JobName: 'one', JobRunIds: [first] }));
    const pages: (string | undefined)[][] = [];
    for (let tries = 0; pages.length < 2 && tries < 100; tries += 1, await sleep(50)) {
      pages.splice(0);
      const answers = paginateGetJobRuns({ client: glue, pageSize: 1 }, { JobName: 'one' });
      for await (const { JobRuns } of answers) pages.push((JobRuns ?? []).map(({ Id }) => Id));
    }
    const { JobRuns } = await glue.send(new GetJobRunsCommand({ JobName: 'one', MaxResults: 1 }));

    // Assess
    expect(before.JobRuns).toHaveLength(1);
    expect(pages).toEqual([[expect.stringMatching(/^jr_/)], [first]]);
    expect(JobRuns).toEqual([expect.objectContaining({ Arguments: { '--why': 'a trigger' } })]);
  });

  it('hands on to the catalog what is for the catalog', async () => {
    // Prepare
    asked = [];

    // Act
    const { Table } = await glue.send(new GetTableCommand({ DatabaseName: 'd', Name: 't' }));

    // Assess
    expect(Table?.Name).toBe('AWSGlue.GetTable');
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([expect.stringContaining('/glue/')]);
  });

  it.each([
    ['an unknown job', new StartJobRunCommand({ JobName: 'nobody' }), 'EntityNotFoundException'],
    ['an unknown run', new GetJobRunCommand({ JobName: 'one', RunId: 'jr_no' }), 'EntityNotFoundException'],
    ['no name', new GetJobCommand({ JobName: '' }), 'InvalidInputException'],
  ])('refuses %s as Glue does', async (_name, command, type) => {
    // Act
    const refused = await glue.send(command as GetJobCommand).catch((error: unknown) => error);

    // Assess
    expect(refused).toMatchObject({ name: type });
  });
});
