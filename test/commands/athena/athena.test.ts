import {
  AthenaClient,
  GetNamedQueryCommand,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  InvalidRequestException,
  ListNamedQueriesCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { isName, namedQuery } from '../../../bin/command/athena/named-query.ts';
import { tableText } from '../../../bin/command/athena/table.ts';
import { reuseMinutesOf } from '../../../bin/command/query.ts';
import { rowsOf } from '../../../lambdas/shared/athena/execution.ts';
import { csvLine, jsonRow, jsonText, rowObjects } from '../../../lambdas/shared/athena/values.ts';

const athena = mockClient(AthenaClient);
const client = new AthenaClient({ region: 'us-east-1' });
const QUERY = { sql: 'SELECT 1', database: 'lake', workGroup: 'group' };
const row = (...texts: (string | null)[]) => ({
  Data: texts.map((text) => (text === null ? {} : { VarCharValue: text })),
});

beforeEach(() => {
  athena.reset();
  athena.on(StartQueryExecutionCommand).resolves({ QueryExecutionId: 'id' });
});

describe('a query through the Athena API', () => {
  test('gives the rows of all pages without the header', async () => {
    // Prepare
    athena
      .on(GetQueryExecutionCommand)
      .resolvesOnce({ QueryExecution: { Status: { State: 'QUEUED' } } })
      .resolvesOnce({ QueryExecution: { Status: { State: 'RUNNING' } } })
      .resolves({
        QueryExecution: {
          StatementType: 'DML',
          Status: { State: 'SUCCEEDED' },
          Statistics: { EngineExecutionTimeInMillis: 1500, DataScannedInBytes: 7 },
        },
      });
    const metadata = {
      ColumnInfo: [
        { Name: 'a', Type: 'integer' },
        { Name: 'b', Type: 'varchar' },
      ],
    };
    athena
      .on(GetQueryResultsCommand)
      .resolvesOnce({
        ResultSet: { ResultSetMetadata: metadata, Rows: [row('a', 'b'), row('1', 'a')] },
        NextToken: 'more',
      })
      .resolves({ ResultSet: { ResultSetMetadata: metadata, Rows: [row('a', 'b'), row(null, '')] } });
    // Act
    const result = await rowsOf(client, QUERY);
    // Assess
    expect(result.rows).toEqual([
      ['1', 'a'],
      ['a', 'b'],
      [null, ''],
    ]);
    expect([result.seconds, result.scannedBytes]).toEqual([1.5, 7]);
    expect(athena.commandCalls(StartQueryExecutionCommand)[0]?.args[0].input).toMatchObject({
      QueryString: 'SELECT 1',
      WorkGroup: 'group',
      QueryExecutionContext: { Database: 'lake' },
    });
  });

  test('takes the result of an equal one that is young enough, where that is asked for', async () => {
    // Prepare
    athena.on(GetQueryExecutionCommand).resolves({
      QueryExecution: {
        Status: { State: 'SUCCEEDED' },
        Statistics: { ResultReuseInformation: { ReusedPreviousResult: true } },
      },
    });
    athena.on(GetQueryResultsCommand).resolves({});
    // Act
    const results = [
      await rowsOf(client, QUERY),
      await rowsOf(client, { ...QUERY, reuseMinutes: 60, parameters: ["'north'"] }),
    ];
    // Assess
    const asked = athena
      .commandCalls(StartQueryExecutionCommand)
      .map(({ args }) => args[0].input.ResultReuseConfiguration);
    expect(asked).toEqual([
      undefined,
      { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 60 } },
    ]);
    const given = athena.commandCalls(StartQueryExecutionCommand).map(({ args }) => args[0].input);
    expect(given.map(({ ExecutionParameters }) => ExecutionParameters)).toEqual([undefined, ["'north'"]]);
    expect(results.map(({ reused }) => reused)).toEqual([true, true]);
  });

  test.each([
    ['a local run', {}, 0],
    ['dev', { stage: 'dev' }, 0],
    ['prod', { stage: 'prod' }, 60],
    ['prod, fresh', { stage: 'prod', fresh: true }, 0],
  ] as const)('is as old as the stage allows: %s', (_, options, minutes) => {
    // Prepare, act
    const found = reuseMinutesOf(options);
    // Assess
    expect(found).toBe(minutes);
  });

  test('keeps the first row of a statement that is no SELECT', async () => {
    // Prepare
    athena
      .on(GetQueryExecutionCommand)
      .resolves({ QueryExecution: { StatementType: 'UTILITY', Status: { State: 'SUCCEEDED' } } });
    athena.on(GetQueryResultsCommand).resolves({
      ResultSet: {
        ResultSetMetadata: { ColumnInfo: [{ Name: 'tab_name', Type: 'string' }] },
        Rows: [row('events')],
      },
    });
    // Act
    const { rows } = await rowsOf(client, QUERY);
    // Assess
    expect(rows).toEqual([['events']]);
  });

  test.each(['FAILED', 'CANCELLED'] as const)(
    'that ends %s is a coded error with the reason',
    async (state) => {
      // Prepare
      const status = { State: state, StateChangeReason: 'TABLE_NOT_FOUND: line 1:15: no such table' };
      athena.on(GetQueryExecutionCommand).resolves({ QueryExecution: { Status: status } });
      // Act
      const asked = rowsOf(client, QUERY);
      // Assess
      await expect(asked).rejects.toMatchObject({ code: 'MR701', message: status.StateChangeReason });
    },
  );

  test('that is refused at once is a coded error', async () => {
    // Prepare
    const refused = new InvalidRequestException({
      message: 'mismatched input',
      AthenaErrorCode: 'MALFORMED_QUERY',
      $metadata: {},
    });
    athena.on(StartQueryExecutionCommand).rejects(refused);
    // Act
    const asked = rowsOf(client, QUERY);
    // Assess
    await expect(asked).rejects.toMatchObject({ code: 'MR701', message: 'mismatched input' });
  });

  test('that no service answers is a coded error', async () => {
    // Prepare
    athena.on(StartQueryExecutionCommand).rejects(new Error('connect ECONNREFUSED'));
    // Act
    const asked = rowsOf(client, QUERY);
    // Assess
    await expect(asked).rejects.toMatchObject({ code: 'MR702' });
  });
});

describe('a named query', () => {
  beforeEach(() => {
    athena
      .on(ListNamedQueriesCommand, { WorkGroup: 'group' })
      .resolvesOnce({ NamedQueryIds: ['1'], NextToken: 'x' });
    athena
      .on(ListNamedQueriesCommand, { WorkGroup: 'group', NextToken: 'x' })
      .resolves({ NamedQueryIds: ['2'] });
    for (const id of ['1', '2']) {
      athena.on(GetNamedQueryCommand, { NamedQueryId: id }).resolves({
        NamedQuery: { Name: `query_${id}`, Database: 'lake', QueryString: `SELECT ${id}` },
      });
    }
  });

  test('is found on any page', async () => {
    // Prepare, act
    const found = await namedQuery(client, 'group', 'query_2');
    // Assess
    expect(found).toEqual({ name: 'query_2', database: 'lake', sql: 'SELECT 2' });
  });

  test('that is not there is a coded error with those that are', async () => {
    // Prepare, act
    const asked = namedQuery(client, 'group', 'query_3');
    // Assess
    await expect(asked).rejects.toMatchObject({
      code: 'MR703',
      mend: expect.stringContaining('query_1, query_2'),
    });
  });

  test.each([
    ['iot_p95_daily', true],
    [' a ', true],
    ['SELECT 1', false],
    ['SHOW TABLES', false],
    ['1', false],
  ])('or not: %j is a name: %j', (words, expected) => {
    // Prepare, act
    const found = isName(words);
    // Assess
    expect(found).toBe(expected);
  });
});

describe('values', () => {
  test.each([
    ['12', 'integer', '12'],
    ['9007199254740993', 'bigint', '9007199254740993'],
    ['1.0E10', 'double', '1.0E10'],
    ['-0.1', 'double', '-0.1'],
    ['NaN', 'double', 'null'],
    ['Infinity', 'double', 'null'],
    ['12.50', 'decimal(10,2)', '12.50'],
    ['true', 'boolean', 'true'],
    ['2026-01-01', 'date', '"2026-01-01"'],
    ['2026-01-01 00:00:00.000', 'timestamp', '"2026-01-01 00:00:00.000"'],
    ['12', 'varchar', '"12"'],
    ['', 'varchar', '""'],
    [null, 'varchar', 'null'],
    [null, 'double', 'null'],
  ])('%j of %s is %s in JSON', (text, type, expected) => {
    // Prepare, act
    const json = jsonText(text, { name: 'a', type });
    // Assess
    expect(json).toBe(expected);
  });

  test('are objects with the columns as keys, in order', () => {
    // Prepare
    const columns = [
      { name: 'b "x"', type: 'varchar' },
      { name: 'a', type: 'integer' },
    ];
    // Act
    const json = jsonRow(['q', '1'], columns);
    // Assess
    expect(json).toBe('{"b \\"x\\"":"q","a":1}');
    expect(rowObjects([['q', '1']], columns)).toEqual([{ 'b "x"': 'q', a: 1 }]);
  });

  test('are fields of CSV', () => {
    // Prepare
    const values = ['a', 'b,c', 'say "x"', 'two\nlines', '', null];
    // Act
    const line = csvLine(values);
    // Assess
    expect(line).toBe('a,"b,c","say ""x""","two\nlines","",\n');
  });

  test('are cells of a table', () => {
    // Prepare
    const columns = [
      { name: 'name', type: 'varchar' },
      { name: 'count', type: 'bigint' },
    ];
    // Act
    const text = tableText(columns, [
      ['a', '1'],
      [null, '1000'],
    ]);
    // Assess
    expect(text).toContain('│ a    │     1 │');
    expect(text).toContain('│      │  1000 │');
  });
});
