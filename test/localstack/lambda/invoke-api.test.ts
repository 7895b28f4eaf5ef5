import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startFunction } from '../../../localstack/lambda/host.ts';
import { type InvokeApi, startInvokeApi } from '../../../localstack/lambda/invoke-api.ts';
import { readRecords } from '../../../localstack/services/process-record.ts';

const SOURCE = `
export const handler = async (event) => {
  if (event?.fail) throw new TypeError('no luck');
  return { event };
};
`;

let folder = '';
let api: InvokeApi;
let client: LambdaClient;
let stop: () => Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-invoke-'));
  await writeFile(join(folder, 'index.mjs'), SOURCE);
  const hosted = await startFunction({
    name: 'toy',
    codeDir: folder,
    handler: 'index.handler',
    environment: {},
    memoryMb: 128,
    timeoutSeconds: 5,
    logFile: join(folder, 'log'),
    nodePath: process.execPath,
    records: join(folder, 'processes'),
  });
  api = await startInvokeApi(new Map([['toy', hosted]]), 0);
  client = new LambdaClient({
    endpoint: api.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  stop = hosted.stop;
});
afterEach(async () => {
  client.destroy();
  await api.stop();
  await stop();
  await rm(folder, { recursive: true });
});

async function invoke(FunctionName: string, event?: unknown) {
  const Payload = event === undefined ? {} : { Payload: JSON.stringify(event) };
  const answer = await client.send(new InvokeCommand({ FunctionName, ...Payload }));
  return { error: answer.FunctionError, payload: JSON.parse(answer.Payload?.transformToString() ?? '') };
}

it('invokes a function by its name or its ARN, and records its process', async () => {
  // Act
  const answers = [
    await invoke('toy', { a: 'é' }),
    await invoke('arn:aws:lambda:us-east-1:123456789012:function:toy'),
  ];
  const records = await readRecords(join(folder, 'processes'));

  // Assess
  expect(answers).toEqual([
    { error: undefined, payload: { event: { a: 'é' } } },
    { error: undefined, payload: { event: null } },
  ]);
  expect(records.map(({ name }) => name)).toEqual(['function-toy']);
});

it('tells what a function threw as Lambda does, and goes on after its process was killed', async () => {
  // Act
  const failed = await invoke('toy', { fail: true });
  const [before] = await readRecords(join(folder, 'processes'));
  process.kill(-(before?.pid ?? 0), 'SIGKILL');
  const killed = await invoke('toy', { a: 1 }).catch(() => undefined);
  const after = await invoke('toy', { a: 2 });
  const [now] = await readRecords(join(folder, 'processes'));

  // Assess
  expect(failed).toMatchObject({ error: 'Unhandled', payload: { errorType: 'TypeError' } });
  expect([undefined, 'Unhandled']).toContain(killed?.error);
  expect(after.payload).toEqual({ event: { a: 2 } });
  expect(now?.pid).not.toBe(before?.pid);
});

it('refuses a function that is not there', async () => {
  // Act
  const refused = await invoke('nobody').catch((error: unknown) => error);

  // Assess
  expect(refused).toMatchObject({ name: 'ResourceNotFoundException' });
});
