import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientConfig } from '../../localstack/clients.ts';
import { readState } from '../../localstack/state.ts';
import { answer, type ScriptedServer, scriptedServer } from '../lambdas/fetch/server.ts';
import type { AuditJson } from './audit-json.ts';
import { type CommandLine, commandLine, copyOfTree, root } from './clone.ts';

const KEY = 'the-key-of-the-carrier';

let clone: string;
let millrace: CommandLine;
let server: ScriptedServer;
let lambda: LambdaClient;

beforeAll(async () => {
  server = await scriptedServer();
  clone = await copyOfTree();
  const contract = await readFile(join(root, 'test/integration/rest-dataset.ts.txt'), 'utf8');
  await writeFile(
    join(clone, 'lib/datasets/shipments.ts'),
    contract.replace('CARRIER_URL', `${server.url}/shipments`),
  );
  process.env.MILLRACE_SECRET_CARRIER_KEY = KEY;
  millrace = await commandLine(clone);
  await millrace.succeed('up', 'shipments');
  const state = await readState(millrace.stateDir);
  if (state === undefined) throw new Error('nothing is up');
  lambda = new LambdaClient(clientConfig(state, 'lambda'));
});

afterAll(async () => {
  lambda?.destroy();
  await millrace?.end();
  await server.close();
  await rm(clone, { recursive: true, force: true });
});

/** Polls once, as the schedule would. */
async function poll(): Promise<unknown> {
  const FunctionName = 'millrace-dev-shipments-carrier-fetch';
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
  const told: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
  if (FunctionError !== undefined) throw new Error(JSON.stringify(told));
  return told;
}

const row = (id: string, state: string) => ({ id, state });

test('what an API says is in silver, each change once, and what is no record in quarantine', async () => {
  // Prepare
  const first = answer({ data: [row('s-001', 'sent'), { state: 'sent' }] });
  const last = (state: string) => answer({ data: [row('s-002', state)] });
  const none = answer({ data: [] });
  const untouched = server.asked.length;

  // Act
  server.play(answer('', 503, { 'retry-after': '1' }), first, last('sent'), none);
  const outcomes = [await poll()];
  server.play(first, last('sent'), none);
  outcomes.push(await poll());
  server.play(first, last('there'), none);
  outcomes.push(await poll());
  const keys = server.headers.map((headers) => headers['x-api-key']);
  const audit = JSON.parse(await millrace.succeed('audit', '--wait', '300', '--json')) as AuditJson;
  const rows = await millrace.succeed(
    'query',
    'SELECT shipment_id, state FROM shipments ORDER BY shipment_id',
    '--format',
    'json',
  );

  // Assess
  expect(untouched).toBe(0);
  expect(outcomes).toMatchObject([
    { polled: 3, changed: 2, rejected: 1, retries: 1, messages: 1 },
    { polled: 3, changed: 0, rejected: 0, unchanged: 2, messages: 0 },
    { polled: 3, changed: 1, rejected: 0, unchanged: 1, messages: 1 },
  ]);
  expect(new Set(keys)).toEqual(new Set([KEY]));
  expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  expect(audit.datasets.shipments).toMatchObject({ positions: 4, silver: 2, quarantined: { invalid: 1 } });
  expect(JSON.parse(rows)).toEqual([
    { shipment_id: 's-001', state: 'sent' },
    { shipment_id: 's-002', state: 'there' },
  ]);
});
