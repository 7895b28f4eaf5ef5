import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { JobApiError, type JobRun } from './job-runs.ts';
import type { Jobs } from './jobs.ts';
import { LOOPBACK } from './port.ts';
import type { JobDefinition } from './spark.ts';

/** Glue's API, as an AWS SDK speaks it (JSON 1.1): jobs and their runs; all else is handed on to the catalog. */
export interface JobsApi {
  /** URL. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

const name = z.string().min(1);
const texts = z.record(z.string(), z.string());
const page = { MaxResults: z.int().min(1).max(200).default(200), NextToken: z.string().optional() };

/** Epoch seconds, as JSON 1.1 writes an instant. */
const seconds = (milliseconds: number): number => milliseconds / 1000;

function runOf(run: JobRun): Record<string, unknown> {
  const { completedMs, startedMs } = run;
  const until = completedMs ?? Date.now();
  return {
    Id: run.id,
    JobName: run.jobName,
    Attempt: run.attempt,
    PreviousRunId: run.previousRunId,
    JobRunState: run.state,
    Arguments: run.arguments,
    StartedOn: seconds(startedMs),
    LastModifiedOn: seconds(run.modifiedMs),
    ...(completedMs === undefined ? {} : { CompletedOn: seconds(completedMs) }),
    ...(run.error === '' ? {} : { ErrorMessage: run.error }),
    ExecutionTime: Math.round(seconds(until - startedMs)),
  };
}

function jobOf(job: JobDefinition): Record<string, unknown> {
  return {
    Name: job.name,
    Command: { Name: job.command, ScriptLocation: job.script },
    DefaultArguments: job.arguments,
    MaxRetries: job.maxRetries,
    ExecutionProperty: { MaxConcurrentRuns: job.maxConcurrentRuns },
  };
}

/** A page of a list: `NextToken` is the id of its last item. @throws JobApiError for an unknown token */
function paged<T>(
  items: readonly T[],
  id: (item: T) => string,
  { MaxResults, NextToken }: { readonly MaxResults: number; readonly NextToken?: string | undefined },
): { items: readonly T[]; NextToken?: string } {
  const from = NextToken === undefined ? 0 : items.findIndex((item) => id(item) === NextToken) + 1;
  if (NextToken !== undefined && from === 0)
    throw new JobApiError('InvalidInputException', 'unknown NextToken');
  const found = items.slice(from, from + MaxResults);
  const last = found.at(-1);
  const more = last !== undefined && from + found.length < items.length;
  return { items: found, ...(more ? { NextToken: id(last) } : {}) };
}

function jobNamed(jobs: Jobs, jobName: string): JobDefinition {
  const job = jobs.definitions.get(jobName);
  if (job !== undefined) return job;
  throw new JobApiError('EntityNotFoundException', `Job ${jobName} is not found`);
}

type Answer = (jobs: Jobs, input: unknown) => Record<string, unknown>;

/** An action that reads its input by a schema. */
function action<T>(schema: z.ZodType<T>, answer: (jobs: Jobs, input: T) => Record<string, unknown>): Answer {
  return (jobs, input) => {
    const read = schema.safeParse(input);
    if (!read.success) throw new JobApiError('InvalidInputException', z.prettifyError(read.error));
    return answer(jobs, read.data);
  };
}

/** What is answered here. */
const ACTIONS: Readonly<Record<string, Answer>> = {
  StartJobRun: action(z.object({ JobName: name, Arguments: texts.default({}) }), (jobs, input) => ({
    JobRunId: jobs.start(input.JobName, input.Arguments).id,
  })),
  GetJobRun: action(z.object({ JobName: name, RunId: name }), (jobs, input) => {
    const run = jobs.runs(input.JobName).find(({ id }) => id === input.RunId);
    if (run !== undefined) return { JobRun: runOf(run) };
    throw new JobApiError('EntityNotFoundException', `Job Run ${input.RunId} is not found`);
  }),
  GetJobRuns: action(z.object({ JobName: name, ...page }), (jobs, input) => {
    const { items, ...next } = paged(jobs.runs(input.JobName), ({ id }) => id, input);
    return { JobRuns: items.map(runOf), ...next };
  }),
  BatchStopJobRun: action(z.object({ JobName: name, JobRunIds: z.array(name).min(1) }), (jobs, input) => {
    const { JobName, JobRunIds } = input;
    const asked = JobRunIds.map((JobRunId) => ({ JobRunId, stopped: jobs.stopRun(JobName, JobRunId) }));
    const ErrorDetail = { ErrorCode: 'JobRunNotRunningException', ErrorMessage: 'The run is not under way' };
    return {
      SuccessfulSubmissions: asked
        .filter(({ stopped }) => stopped)
        .map(({ JobRunId }) => ({ JobName, JobRunId })),
      Errors: asked
        .filter(({ stopped }) => !stopped)
        .map(({ JobRunId }) => ({ JobName, JobRunId, ErrorDetail })),
    };
  }),
  GetJob: action(z.object({ JobName: name }), (jobs, input) => ({
    Job: jobOf(jobNamed(jobs, input.JobName)),
  })),
  GetJobs: action(z.object(page), (jobs, input) => {
    const { items, ...next } = paged([...jobs.definitions.values()], (job) => job.name, input);
    return { Jobs: items.map(jobOf), ...next };
  }),
  ListJobs: action(z.object(page), (jobs, input) => {
    const { items, ...next } = paged([...jobs.definitions.keys()], (jobName) => jobName, input);
    return { JobNames: items, ...next };
  }),
};

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.1' };

function replyOf(status: number, body: unknown): Reply {
  return { status, headers: JSON_TYPE, body: JSON.stringify(body) };
}

function refusal(error: unknown): Reply {
  const known = error instanceof JobApiError;
  const type = known ? error.type : 'InternalServiceException';
  return replyOf(known ? 400 : 500, { __type: type, Message: String(known ? error.message : error) });
}

/** Of a request and of its answer: they belong to one connection, and the body is written anew. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
]);

function handedOn(headers: Iterable<readonly [string, unknown]>): Record<string, string> {
  return Object.fromEntries(
    [...headers].flatMap(([header, value]) =>
      value === undefined || OF_THE_CONNECTION.has(header) ? [] : [[header, String(value)]],
    ),
  );
}

/** The catalog's own answer. */
async function ofTheCatalog(catalog: string, message: IncomingMessage, body: Buffer): Promise<Reply> {
  const headers = handedOn(Object.entries(message.headers));
  const answered = await fetch(catalog, { method: 'POST', headers, body: new Uint8Array(body) });
  return {
    status: answered.status,
    headers: handedOn(answered.headers),
    body: Buffer.from(await answered.arrayBuffer()),
  };
}

async function answer(jobs: Jobs, catalog: string, message: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const asked = String(message.headers['x-amz-target'] ?? '').replace(/^AWSGlue\./, '');
  const found = Object.hasOwn(ACTIONS, asked) ? ACTIONS[asked] : undefined;
  if (found === undefined) return ofTheCatalog(catalog, message, body);
  return replyOf(200, found(jobs, JSON.parse(body.toString() || '{}')));
}

export interface JobsApiOptions {
  readonly port: number;
  /** URL of what answers for Glue's catalog. */
  readonly catalog: string;
}

/** @throws the error of a port that is taken */
export async function startJobsApi(jobs: Jobs, { port, catalog }: JobsApiOptions): Promise<JobsApi> {
  const server = createServer((message, response) => {
    answer(jobs, catalog, message)
      .catch(refusal)
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  return {
    endpoint: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
