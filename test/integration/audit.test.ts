import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditProgress } from '../../lambdas/audit/lake-state.ts';
import { clientConfig } from '../../localstack/clients.ts';
import type { State } from '../../localstack/state.ts';
import type { AuditJson } from './audit-json.ts';
import { type CommandLine, commandLine } from './clone.ts';

let millrace: CommandLine;
let state: State;
let s3: S3Client;
let lambda: LambdaClient;
/** An instant between the two lots that are produced. */
let between = '';

beforeAll(async () => {
  millrace = await commandLine();
  await millrace.succeed('up', 'iot');
  await millrace.succeed('produce', 'iot', '--events', '2000', '--seed', '5');
  between = new Date().toISOString();
  await millrace.succeed('produce', 'iot', '--events', '500', '--seed', '6');
  state = JSON.parse(await readFile(join(millrace.stateDir, 'state.json'), 'utf8')) as State;
  s3 = new S3Client(clientConfig(state, 's3'));
  lambda = new LambdaClient(clientConfig(state, 'lambda'));
  await millrace.succeed('audit', '--wait', '300');
});

afterAll(async () => {
  s3?.destroy();
  lambda?.destroy();
  await millrace?.end();
});

async function audit(...words: readonly string[]): Promise<AuditJson> {
  const { code, stdout, stderr } = await millrace.run('audit', '--dataset', 'iot', '--json', ...words);
  if (stdout === '') throw new Error(`the audit ended with ${code}\n${stderr}`);
  return JSON.parse(stdout) as AuditJson;
}

const bucket = (name: string) => state.resources[`Lake/${name}`]?.id ?? '';

test('two halves of time are together the whole', async () => {
  // Act
  const whole = await audit();
  const halves = [await audit('--to', between), await audit('--from', between)];
  const none = await audit('--from', '2999-01-01');

  // Assess
  const sum = (field: 'positions' | 'silver' | 'identicalDuplicates' | 'bronzePositions') =>
    halves.reduce((total, { datasets }) => total + (datasets.iot?.[field] ?? 0), 0);
  for (const one of [whole, ...halves, none])
    expect(one).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  for (const field of ['positions', 'silver', 'identicalDuplicates', 'bronzePositions'] as const)
    expect(sum(field)).toBe(whole.datasets.iot?.[field]);
  expect(halves.map(({ datasets }) => (datasets.iot?.positions ?? 0) > 0)).toEqual([true, true]);
  expect(none.datasets.iot?.positions).toBe(0);
  expect(whole.scannedBytes).toBeGreaterThan(0);
});

test('the scheduled function audits for real, writes down what it found, and goes on from there', async () => {
  // Prepare
  const invoke = async (event: unknown) => {
    const FunctionName = `millrace-${state.stage}-iot-audit`;
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    expect(FunctionError).toBeUndefined();
    return JSON.parse(Payload?.transformToString() ?? 'null') as AuditProgress | null;
  };
  const to = new Date().toISOString();
  const whole = await audit();

  // Act
  const found = await invoke({ to });
  const written = await s3.send(
    new GetObjectCommand({ Bucket: bucket('State'), Key: 'progress/iot/audit.json' }),
  );
  const told = JSON.parse((await written.Body?.transformToString()) ?? 'null') as AuditProgress;
  const status = JSON.parse(await millrace.succeed('status', '--json')) as { audits: unknown };
  const log = await readFile(
    join(millrace.stateDir, 'logs', `function-millrace-${state.stage}-iot-audit.log`),
    'utf8',
  );
  const again = await invoke({ to });

  // Assess
  expect(found).toEqual(told);
  expect(told).toMatchObject({ to, sound: true, open: [], inFlight: 0 });
  // What is younger than the settling time is looked at again.
  expect(told.auditedTo < to).toBe(true);
  expect(told.audit.positions).toBe(whole.datasets.iot?.positions);
  expect(again).toMatchObject({ from: told.auditedTo, to, sound: true });
  expect(status.audits).toMatchObject({ iot: { sound: true, auditedTo: told.auditedTo } });
  expect(log).toContain('"Namespace":"Millrace"');
  expect(log).toContain('"Lost":0');
});

test('an object that is gone from bronze is named by its offsets', async () => {
  // Prepare
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket('Bronze') }));
  const Key =
    listed.Contents?.map((object) => object.Key ?? '').find((key) => key.endsWith('.parquet')) ?? '';
  const [, partition, first, last] = /-(\d+)-(\d{20})-(\d{20})\.parquet$/.exec(Key)?.map(Number) ?? [];
  await s3.send(new DeleteObjectCommand({ Bucket: bucket('Bronze'), Key }));

  // Act
  const whole = await audit();

  // Assess
  expect(whole.datasets.iot?.gaps.notInBronze).toEqual([{ partition, first, last }]);
});
