import { join } from 'node:path';
import {
  AthenaClient,
  BatchGetNamedQueryCommand,
  ListNamedQueriesCommand,
  type NamedQuery,
} from '@aws-sdk/client-athena';
import { GlueClient, paginateGetTables, type Table } from '@aws-sdk/client-glue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readToolchain } from '../../bin/setup/toolchain.js';
import * as auditSql from '../../lambdas/audit/classification.ts';
import type { Scope } from '../../lambdas/audit/scope.ts';
import type { AthenaPlace } from '../../lambdas/shared/athena/place.ts';
import { hivePartitionKeys } from '../../lib/contract/columns.ts';
import { allDatasets } from '../../lib/datasets/index.ts';
import type { Child } from '../../localstack/services/child.ts';
import { startTrino } from '../../localstack/services/trino.ts';
import { foldersOf } from '../../localstack/state.ts';
import type { Answer } from './answer.ts';
import { askAthena } from './athena.ts';
import { differences } from './difference.ts';
import { filledLake, type Lake } from './lake.ts';
import { askTrino } from './trino.ts';

const DAY_MS = 86_400_000;

/** Of gold models and named queries, by name. */
const texts = (await allDatasets()).flatMap(({ manifest }) =>
  [...manifest.gold, ...manifest.queries].map(({ name, sql }) => ({ name, sql })),
);

let lake: Lake;
let trino: Child;
let place: AthenaPlace;
let tables: readonly Table[];

async function allTables(database: string): Promise<Table[]> {
  const client = new GlueClient(lake.environment.clientConfig('aws'));
  const found: Table[] = [];
  for await (const page of paginateGetTables({ client }, { DatabaseName: database }))
    found.push(...(page.TableList ?? []));
  return found;
}

async function namedQueries(): Promise<NamedQuery[]> {
  const { athena, workGroup: WorkGroup } = place;
  const { NamedQueryIds } = await athena.send(new ListNamedQueriesCommand({ WorkGroup }));
  const { NamedQueries } = await athena.send(new BatchGetNamedQueryCommand({ NamedQueryIds }));
  return NamedQueries ?? [];
}

/** All rows; of what is partitioned by Kafka time only days of this run, else Trino looks into every hour of retention. */
function everything(table: Table): string {
  const columns = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])];
  const names = new Set(columns.map(({ Name }) => Name));
  const byHour = hivePartitionKeys.every(({ name }) => names.has(name));
  const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
  return `SELECT * FROM ${table.Name}${byHour ? ` WHERE "date" >= '${yesterday}'` : ''}`;
}

/** The same text on both engines. */
async function judge(sql: string): Promise<{ trino: Answer; differing: string[] }> {
  const answers = await Promise.all([askTrino(trino.endpoint, place.database, sql), askAthena(place, sql)]);
  return { trino: answers[0], differing: differences(sql, ...answers) };
}

async function judgeAll(some: readonly Table[]) {
  const judged: { name: string; rows: number; differing: string }[] = [];
  for (const table of some) {
    const { trino, differing } = await judge(everything(table));
    judged.push({ name: table.Name ?? '', rows: trino.rows.length, differing: differing.join('\n') });
  }
  return judged;
}

beforeAll(async () => {
  lake = await filledLake();
  const { environment, stateDir } = lake;
  const folders = foldersOf(stateDir);
  const { trino: folder, trinoJava: java } = readToolchain();
  trino = await startTrino({
    trino: folder,
    java,
    dataDir: join(folders.data, 'trino'),
    s3Endpoint: environment.endpoints.s3,
    glueEndpoint: environment.endpoints.aws,
    credentials: environment.credentials,
    region: 'us-east-1',
    logFile: join(folders.logs, 'trino.log'),
    records: folders.processes,
  });
  const athena = new AthenaClient(environment.clientConfig('athena'));
  place = { athena, database: 'millrace_dev', workGroup: 'millrace-dev' };
  tables = await allTables(place.database);
});

afterAll(async () => {
  await trino?.stop();
  await lake?.stop();
});

test.each(texts)('$name gives the same rows', async ({ sql }) => {
  // Act
  const { trino, differing } = await judge(sql);

  // Assess
  expect(differing).toEqual([]);
  expect(trino.rows.length).toBeGreaterThan(0);
});

test('every named query gives the same rows', async () => {
  // Prepare
  const queries = await namedQueries();

  // Act
  const judged = await Promise.all(
    queries.map(async ({ Name, QueryString }) => [Name, (await judge(QueryString ?? '')).differing]),
  );

  // Assess
  expect(judged.length).toBeGreaterThan(0);
  expect(Object.fromEntries(judged)).toEqual(Object.fromEntries(queries.map(({ Name }) => [Name, []])));
});

test('every view gives the same rows, and has some', async () => {
  // Prepare
  const views = tables.filter(({ TableType }) => TableType === 'VIRTUAL_VIEW');

  // Act
  const judged = await judgeAll(views);

  // Assess
  expect(views.length).toBeGreaterThan(0);
  expect(judged.filter(({ differing }) => differing.length > 0)).toEqual([]);
  expect(judged.filter(({ rows }) => rows === 0)).toEqual([]);
});

test('every table gives the same rows', async () => {
  // Prepare
  const own = tables.filter(({ TableType }) => TableType !== 'VIRTUAL_VIEW');

  // Act
  const judged = await judgeAll(own);

  // Assess
  expect(judged.filter(({ differing }) => differing.length > 0)).toEqual([]);
  expect(judged.some(({ rows }) => rows > 0)).toBe(true);
});

test("a gold table holds what its model's text answers", async () => {
  // Prepare
  const models = texts.filter(({ name }) => tables.some(({ Name }) => Name === name));

  // Act
  const judged = [];
  for (const { name: table, sql } of models) {
    const asked = await askTrino(trino.endpoint, place.database, sql);
    const columns = asked.columns.map(({ name }) => `"${name}"`).join(', ');
    const stored = await askTrino(trino.endpoint, place.database, `SELECT ${columns} FROM ${table}`);
    judged.push([table, differences('', asked, stored)]);
  }

  // Assess
  expect(judged.length).toBeGreaterThan(0);
  expect(judged.filter(([, differing]) => differing?.length !== 0)).toEqual([]);
});

test('every statement of the audit gives the same rows', async () => {
  // Prepare
  const [from, to] = [-DAY_MS, DAY_MS].map((ms) => new Date(Date.now() + ms).toISOString()) as [
    string,
    string,
  ];
  const ends = new Map([0, 1, 2].map((partition) => [partition, 1_000_000]));
  const days = [{ first: '2020-01-01', last: to.slice(0, 10) }];
  const scopes = (await allDatasets()).map(
    ({ manifest }): Scope => ({
      manifest,
      horizon: ends,
      processed: ends,
      times: { from, to },
      keptFrom: '2020-01-01',
    }),
  );
  const statements = scopes.flatMap((scope) => [
    auditSql.countsSql(scope),
    auditSql.knownSql(scope),
    auditSql.bronzeSpanSql(scope),
    auditSql.disagreedSql(scope),
    auditSql.notInBronzeSql(scope),
    ...[days, undefined].flatMap((some) => [
      auditSql.explainedSql(scope, some),
      auditSql.unaccountedSql(scope, some),
      auditSql.silverSql(scope, some),
      auditSql.doubledSql(scope, some),
    ]),
  ]);

  // Act
  const judged = [];
  for (const sql of statements) judged.push({ sql, differing: (await judge(sql)).differing });

  // Assess
  expect(judged.filter(({ differing }) => differing.length > 0)).toEqual([]);
});
