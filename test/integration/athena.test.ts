import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryRuntimeStatisticsCommand,
  GetTableMetadataCommand,
  ListQueryExecutionsCommand,
  paginateGetQueryResults,
  type QueryExecution,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { type Environment, startEnvironment } from '../../localstack/environment.ts';
import { synthesiseFixture } from '../localstack/fixtures/app.ts';

const WORK_GROUP = 'fixture';
const NUMBERS = 'SELECT n, n * 2 AS twice FROM UNNEST(sequence(1, 2500)) AS t(n) ORDER BY n';
const ENDLESS = `SELECT count(*) FROM UNNEST(sequence(1, 200000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 200000)) AS b(y)
  CROSS JOIN UNNEST(sequence(1, 200000)) AS c(z) WHERE x * y > z`;

let folder = '';
let environment: Environment;
let athena: AthenaClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-athena-'));
  environment = await startEnvironment({
    stateDir: join(folder, 'state'),
    cdkOut: synthesiseFixture(join(folder, 'app'), { columns: ['id'] }),
    toolchain: readToolchain(),
    external: { endpoints: {} },
    log: () => undefined,
  });
  athena = new AthenaClient(environment.clientConfig('athena'));
});

afterAll(async () => {
  await environment?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(sql: string, more: Partial<StartQueryExecutionCommandInput> = {}): Promise<string> {
  const input = { QueryString: sql, WorkGroup: WORK_GROUP, ...more };
  const { QueryExecutionId = '' } = await athena.send(new StartQueryExecutionCommand(input));
  return QueryExecutionId;
}

async function until(id: string, states: readonly string[]): Promise<QueryExecution> {
  for (;;) {
    const { QueryExecution: execution = {} } = await athena.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    );
    if (states.includes(execution.Status?.State ?? '')) return execution;
    await sleep(20);
  }
}

const ended = (id: string): Promise<QueryExecution> => until(id, ['SUCCEEDED', 'FAILED', 'CANCELLED']);

test('results come by page, statistics after them', async () => {
  // Prepare
  const id = await start(NUMBERS);
  const execution = await ended(id);

  // Act
  const sizes: number[] = [];
  for await (const page of paginateGetQueryResults({ client: athena }, { QueryExecutionId: id }))
    sizes.push(page.ResultSet?.Rows?.length ?? 0);
  const { QueryRuntimeStatistics: statistics } = await athena.send(
    new GetQueryRuntimeStatisticsCommand({ QueryExecutionId: id }),
  );

  // Assess
  expect(execution.Status?.State).toBe('SUCCEEDED');
  expect(sizes).toEqual([1000, 1000, 501]);
  expect(statistics?.Rows?.OutputRows).toBe(2500);
  expect(statistics?.Timeline?.TotalExecutionTimeInMillis).toBeGreaterThan(0);
});

test('a query that runs is stopped', async () => {
  // Prepare
  const id = await start(ENDLESS);
  await until(id, ['RUNNING']);

  // Act
  await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
  const stopped = await ended(id);
  const next = await ended(await start('SELECT 1'));

  // Assess
  expect(stopped.Status?.State).toBe('CANCELLED');
  expect(next.Status?.State).toBe('SUCCEEDED');
  const listed = await athena.send(new ListQueryExecutionsCommand({ WorkGroup: WORK_GROUP }));
  expect(listed.QueryExecutionIds?.slice(0, 2)).toEqual([next.QueryExecutionId, id]);
});

test('an answer is reused where that is asked for', async () => {
  // Prepare
  const reuse = { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 5 } };
  const first = await ended(await start('SELECT 42 AS answer'));

  // Act
  const anew = await ended(await start('SELECT 42 AS answer'));
  const reused = await ended(await start('SELECT 42 AS answer', { ResultReuseConfiguration: reuse }));

  // Assess
  const told = [first, anew, reused].map(
    ({ Statistics }) => Statistics?.ResultReuseInformation?.ReusedPreviousResult,
  );
  expect(told).toEqual([false, false, true]);
  expect(reused.ResultConfiguration).toEqual(anew.ResultConfiguration);
});

test('a table is described', async () => {
  // Act
  const { TableMetadata: table } = await athena.send(
    new GetTableMetadataCommand({
      CatalogName: 'AwsDataCatalog',
      DatabaseName: 'fixture',
      TableName: 'events',
    }),
  );

  // Assess
  expect(table?.Columns?.map(({ Name }) => Name)).toEqual(['id']);
});
