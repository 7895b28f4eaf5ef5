import { GetJobRunsCommand, GlueClient, StartJobRunCommand } from '@aws-sdk/client-glue';
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { handler as Handler } from '../../../lambdas/keep-alive/index.ts';
import { planInput, RELEASE } from './plans.ts';

const s3 = mockClient(S3Client);
const glue = mockClient(GlueClient);
const context = { functionName: 'keep-alive', awsRequestId: 'r-1' } as Context;

let handler: typeof Handler;
let printed: string[];

beforeAll(async () => {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'keep-alive');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'Millrace');
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  ({ handler } = await import('../../../lambdas/keep-alive/index.ts'));
});

beforeEach(() => {
  printed = [];
  s3.reset();
  glue.reset();
  s3.on(GetObjectCommand).rejects(new NoSuchKey({ message: 'none', $metadata: {} }));
  s3.on(PutObjectCommand).resolves({});
  s3.on(HeadObjectCommand).rejects(new NotFound({ message: 'none', $metadata: {} }));
  glue.on(StartJobRunCommand).resolves({ JobRunId: 'jr_new' });
  for (const level of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void printed.push(parts.join(' ')));
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => {
  vi.unstubAllEnvs();
});

/** Data of the metrics that were printed, with their dimensions. */
function metrics(): Record<string, unknown>[] {
  return printed
    .filter((line) => line.includes('CloudWatchMetrics'))
    .map((line) => {
      const { _aws, ...data } = JSON.parse(line) as Record<string, unknown>;
      return data;
    });
}

describe('handler', () => {
  test('refuses what is no plan, and says where plans are', async () => {
    // Prepare
    const { release: _, ...incomplete } = planInput();

    // Act
    const refused = handler(incomplete, context);

    // Assess
    await expect(refused).rejects.toMatchObject({
      code: 'MR900',
      mend: expect.stringContaining('get-schedule'),
    });
    expect(glue.calls()).toEqual([]);
  });

  test('starts what is down, and counts it by job', async () => {
    // Prepare
    const failed = {
      JobRunState: 'FAILED',
      Arguments: { '--release': RELEASE },
      StartedOn: new Date(Date.now() - 120_000),
      CompletedOn: new Date(Date.now() - 60_000),
    } as const;
    glue.on(GetJobRunsCommand).resolves({ JobRuns: [{ Id: 'jr_1', ...failed }] });

    // Act
    const { started } = await handler(planInput(), context);

    // Assess
    expect(started).toBe('jr_new');
    expect(metrics()).toEqual([
      { service: 'keep-alive', job: 'millrace-dev-iot-silver', StreamDown: 1, StreamRestarts: 1 },
    ]);
  });

  test('a failure that no restart mends is told by its code and the mending command, until it is mended', async () => {
    // Prepare
    const run = {
      Id: 'jr_1',
      JobRunState: 'FAILED',
      StartedOn: new Date(Date.now() - 120_000),
      CompletedOn: new Date(Date.now() - 60_000),
      ErrorMessage: 'JobError: MR821: the checkpoint is of another cluster',
    } as const;
    glue.on(GetJobRunsCommand).resolves({ JobRuns: [run] });

    // Act
    await handler(planInput(), context);
    const startedBefore = glue.commandCalls(StartJobRunCommand).length;
    s3.on(HeadObjectCommand).resolves({ LastModified: new Date() });
    const { started } = await handler(planInput(), context);

    // Assess
    expect(startedBefore).toBe(0);
    expect(started).toBe('jr_new');
    expect(metrics().filter((data) => 'StreamRefused' in data)).toEqual([
      { service: 'keep-alive', job: 'millrace-dev-iot-silver', code: 'MR821', StreamRefused: 1 },
    ]);
    expect(printed.join('\n')).toContain('npx millrace rebuild iot');
    expect(s3.commandCalls(HeadObjectCommand)[0]?.args[0].input).toEqual({
      Bucket: 'state',
      Key: 'progress/iot/silver.json',
    });
  });

  test('a job that runs once is not measured', async () => {
    // Prepare
    glue.on(GetJobRunsCommand).resolves({ JobRuns: [] });

    // Act
    await handler(planInput({ keep: 'once', kind: 'gold' }), context);

    // Assess
    expect(metrics()).toEqual([]);
  });
});
