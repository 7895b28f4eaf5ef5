import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { handler as Handler } from '../../../lambdas/fetch/index.ts';
import { answer, type ScriptedServer, scriptedServer } from './server.ts';
import { parcels } from './sources.ts';

const s3 = mockClient(S3Client);
const sqs = mockClient(SQSClient);
const secrets = mockClient(SecretsManagerClient);
const context = {
  functionName: 'fetch',
  awsRequestId: 'r-1',
  getRemainingTimeInMillis: () => 60_000,
} as Context;
const KEY = 'the-key-of-the-api';

let server: ScriptedServer;
let directory: string;
let handler: typeof Handler;
let printed: string[];

beforeAll(async () => {
  server = await scriptedServer();
  directory = await mkdtemp(join(tmpdir(), 'millrace-fetch-'));
  const secret = { name: 'carrier/key', into: { query: 'access_key' } };
  const manifest = parcels({ url: `${server.url}/parcels`, secret, retries: 1 });
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(directory, 'references.json'), '{}');
  vi.stubEnv('LAMBDA_TASK_ROOT', directory);
  vi.stubEnv('DATASET', 'parcels');
  vi.stubEnv('SOURCE', 'carrier');
  vi.stubEnv('STATE_BUCKET', 'state');
  vi.stubEnv('CURSOR_KEY', 'sources/parcels/carrier.json');
  vi.stubEnv('QUEUE_URL', 'http://127.0.0.1/queue');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'fetch');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'Millrace');
  // Powertools then prints through the global console, which this test reads.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  ({ handler } = await import('../../../lambdas/fetch/index.ts'));
});

beforeEach(() => {
  for (const mock of [s3, sqs, secrets]) mock.reset();
  s3.on(GetObjectCommand).rejects(new NoSuchKey({ message: 'none', $metadata: {} }));
  s3.on(PutObjectCommand).resolves({});
  sqs.on(SendMessageBatchCommand).resolves({});
  secrets.on(GetSecretValueCommand).resolves({ SecretString: KEY });
  printed = [];
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void printed.push(parts.join(' ')));
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(directory, { recursive: true });
});

describe('handler', () => {
  it('polls, tells its counts, and shows neither key nor record', async () => {
    // Prepare
    server.play(answer({ data: [{ id: 'p-1', state: 'content of a record' }, { state: 'no id' }] }));

    // Act
    const outcome = await handler({}, context);

    // Assess
    expect(outcome).toMatchObject({ polled: 2, changed: 1, rejected: 1, pages: 1, retries: 0, messages: 1 });
    const log = printed.join('\n');
    expect(log).toContain('"ChangedEvents":1');
    expect(log).toContain('"source":"carrier"');
    expect(log).not.toContain(KEY);
    expect(log).not.toContain('content of a record');
    expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({
      Bucket: 'state',
      Key: 'sources/parcels/carrier.json',
      IfNoneMatch: '*',
    });
  });

  it('fails clear, and shows no key in a retry or an error', async () => {
    // Prepare
    server.play(answer(`${KEY} is busy`, 500));

    // Act
    const handled = handler({}, context);

    // Assess
    await expect(handled).rejects.toMatchObject({ code: 'MR891' });
    expect(printed.join('\n')).toContain('*** is busy');
    expect(printed.join('\n')).not.toContain(KEY);
    expect(sqs.calls()).toEqual([]);
    expect(s3.commandCalls(PutObjectCommand)).toEqual([]);
  });
});
