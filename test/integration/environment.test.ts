import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient, GetNamedQueryCommand, ListNamedQueriesCommand } from '@aws-sdk/client-athena';
import { GetTableCommand, GlueClient } from '@aws-sdk/client-glue';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { clientConfig } from '../../localstack/clients.ts';
import { type Environment, startEnvironment } from '../../localstack/environment.ts';
import { launch } from '../../localstack/launch.ts';
import { readRecords } from '../../localstack/services/process-record.ts';
import { isAlive, readState, runningState, stopRun } from '../../localstack/state.ts';
import { synthesiseFixture } from '../localstack/fixtures/app.ts';

let folder = '';
let cdkOut = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-environment-'));
  cdkOut = synthesiseFixture(join(folder, 'app'), { columns: ['id'] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const toolchain = readToolchain();

function start(
  stateDir: string,
  more: { cdkOut?: string; lines?: string[]; s3?: number } = {},
): Promise<Environment> {
  return startEnvironment({
    stateDir,
    cdkOut: more.cdkOut ?? cdkOut,
    toolchain,
    external: { endpoints: {} },
    ports: more.s3 === undefined ? {} : { s3: more.s3 },
    log: (line) => more.lines?.push(line),
  });
}

async function produce(broker: string, values: readonly string[]): Promise<void> {
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: 'things', messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

/** The log of a file once it holds the text. */
async function logged(path: string, text: string, withinMs = 30_000): Promise<string> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await sleep(100)) {
    const log = await readFile(path, 'utf8').catch(() => '');
    if (log.includes(text)) return log;
  }
  throw new Error(`${path} never held ${text}`);
}

async function columnsOf(environment: Environment): Promise<(string | undefined)[]> {
  const glue = new GlueClient(environment.clientConfig('aws'));
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName: 'fixture', Name: 'events' }));
  return (Table?.StorageDescriptor?.Columns ?? []).map((column) => column.Name);
}

describe('the environment', () => {
  it('makes what the templates say, and finds it again at the next start', async () => {
    // Prepare
    const stateDir = join(folder, 'twice');

    // Act
    const first = await start(stateDir);
    await produce(first.endpoints.kafka, ['one', 'two', 'three']);
    const functionLog = join(stateDir, 'logs', 'function-fixture-land.log');
    const log = await logged(functionLog, '"records"');
    const answer = await first.invoke('fixture-land', { records: { 'things-0': [{}, {}] } });
    const columnsBefore = await columnsOf(first);
    await first.stop();

    const wider = synthesiseFixture(join(folder, 'wider'), { columns: ['id', 'colour'] });
    const second = await start(stateDir, { cdkOut: wider });
    const columnsAfter = await columnsOf(second);
    const buckets = await new S3Client(second.clientConfig('s3')).send(new ListBucketsCommand({}));
    const athena = new AthenaClient(second.clientConfig('athena'));
    const queries =
      (await athena.send(new ListNamedQueriesCommand({ WorkGroup: 'fixture' }))).NamedQueryIds ?? [];
    const query = await athena.send(new GetNamedQueryCommand({ NamedQueryId: queries[0] }));
    await produce(second.endpoints.kafka, ['four']);
    await logged(functionLog, '{"records":1,');
    const state = await readState(stateDir);
    await second.stop();

    // Assess
    expect(log).toContain(
      `"bucket":"${first.resources['Lake/DataD2D2BBA8']?.id ?? Object.values(first.resources).find(({ type }) => type === 'AWS::S3::Bucket')?.id}"`,
    );
    expect(log).toContain(`"s3":"${first.endpoints.s3}"`);
    expect(answer).toEqual({ records: 2 });
    expect(columnsBefore).toEqual(['id']);
    expect(columnsAfter).toEqual(['id', 'colour']);
    expect(second.endpoints).toEqual(first.endpoints);
    expect(buckets.Buckets).toHaveLength(2);
    expect(queries).toHaveLength(1);
    expect(query.NamedQuery?.QueryString).toBe('select count(*) from events');
    expect(state).toMatchObject({
      ready: true,
      pid: process.pid,
      resources: { 'Stream/Topic': { type: 'AWS::MSK::Topic' } },
    });
    expect(await readState(stateDir)).toBeUndefined();
    expect(await readRecords(join(stateDir, 'processes'))).toEqual([]);
  });

  it('brings a killed service back at its endpoint', async () => {
    // Prepare
    const stateDir = join(folder, 'killed');
    const lines: string[] = [];
    const environment = await start(stateDir, { lines });
    const records = await readRecords(join(stateDir, 'processes'));

    // Act
    for (const { name, pid } of records)
      if (name === 'minio' || name === 'kafka') process.kill(pid, 'SIGKILL');
    await sleep(500);
    const s3 = new S3Client({ ...environment.clientConfig('s3'), maxAttempts: 12 });
    const buckets = await s3.send(new ListBucketsCommand({}));
    await produce(environment.endpoints.kafka, ['after the kill']);
    await logged(join(stateDir, 'logs', 'function-fixture-land.log'), '"records":1');
    await environment.stop({ purge: true });

    // Assess
    expect(buckets.Buckets?.length).toBeGreaterThan(0);
    expect(lines.join('\n')).toMatch(/minio ended unexpectedly \(SIGKILL\)/);
    expect(lines.join('\n')).toMatch(/kafka ended unexpectedly \(SIGKILL\)/);
    expect(await readState(stateDir)).toBeUndefined();
  });

  it('leaves nothing running when it cannot start', async () => {
    // Prepare
    const stateDir = join(folder, 'half');
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    // Act
    const act = start(stateDir, { s3: port });

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR410' });
    expect(await readRecords(join(stateDir, 'processes'))).toEqual([]);
    expect(await readState(stateDir)).toBeUndefined();
    taken.close();
  });
});

describe('a detached run', () => {
  it('outlives its caller, is cleaned up after a kill, and is stopped by its state folder', async () => {
    // Prepare
    const stateDir = join(folder, 'detached');
    const options = { stateDir, cdkOut, toolchain, external: { endpoints: {} }, log: () => undefined };
    const first = await launch(options);
    const records = join(stateDir, 'processes');
    const before = await readRecords(records);

    // Act
    const refused = await launch(options).catch((error: unknown) => error);
    process.kill(first.pid, 'SIGKILL');
    await sleep(300);
    const afterKill = await runningState(stateDir);
    const lines: string[] = [];
    const second = await launch({ ...options, log: (line) => lines.push(line) });
    const config = clientConfig(second, 's3');
    const { Buckets } = await new S3Client(config).send(new ListBucketsCommand({}));
    const stopped = await stopRun(stateDir);
    const stoppedAgain = await stopRun(stateDir, { purge: true });

    // Assess
    expect(before.map(({ name }) => name).sort()).toEqual(['athena', 'aws', 'kafka', 'minio']);
    expect(refused).toMatchObject({ code: 'MR423', message: expect.stringContaining('MR420') });
    expect(afterKill).toBeUndefined();
    expect(lines[0]).toMatch(/^ended what an earlier run left behind: .*kafka/);
    expect(Buckets?.length).toBeGreaterThan(0);
    expect([stopped, stoppedAgain]).toEqual([true, false]);
    expect(isAlive(second)).toBe(false);
    expect(await readRecords(records)).toEqual([]);
  });
});
