import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  paginateGetQueryResults,
  type QueryExecution,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { MillraceError } from '../../../lib/errors.ts';
import type { ResultColumn, Texts } from './values.ts';

export interface Query {
  readonly sql: string;
  readonly database: string;
  readonly workGroup: string;
  /** One literal for each `?` of the SQL. @default none */
  readonly parameters?: readonly string[];
  /** An equal query's result that is no older is taken in its place. @default none is */
  readonly reuseMinutes?: number;
}

export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  /** Pages of rows; may be taken once. */
  readonly pages: AsyncIterable<Texts[]>;
  /** Of the engine, seconds. */
  readonly seconds: number;
  readonly scannedBytes: number;
  /** Whether it is that of an earlier query. */
  readonly reused: boolean;
}

const MOST_PAUSE_MS = 1_000;
const PAGE_ROWS = 1_000;

/**
 * Runs one statement through the Athena API and waits for it.
 * @throws MillraceError MR701 (refused or failed, with Athena's reason), MR702 (no answer from the service)
 */
export async function execute(athena: AthenaClient, query: Query): Promise<QueryResult> {
  const id = await start(athena, query);
  const execution = await finished(athena, id);
  const { columns, pages } = await results(athena, id, execution);
  return {
    columns,
    pages,
    seconds: (execution.Statistics?.EngineExecutionTimeInMillis ?? 0) / 1000,
    scannedBytes: execution.Statistics?.DataScannedInBytes ?? 0,
    reused: execution.Statistics?.ResultReuseInformation?.ReusedPreviousResult ?? false,
  };
}

/** All rows of a statement, for the few rows that the commands themselves ask for. */
export async function rowsOf(athena: AthenaClient, query: Query): Promise<QueryResult & { rows: Texts[] }> {
  const result = await execute(athena, query);
  const rows: Texts[] = [];
  for await (const page of result.pages) rows.push(...page);
  return { ...result, rows };
}

async function start(
  athena: AthenaClient,
  { sql, database, workGroup, parameters = [], reuseMinutes = 0 }: Query,
): Promise<string> {
  try {
    const started = await athena.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        QueryExecutionContext: { Database: database },
        WorkGroup: workGroup,
        ...(parameters.length === 0 ? {} : { ExecutionParameters: [...parameters] }),
        ...(reuseMinutes === 0
          ? {}
          : {
              ResultReuseConfiguration: {
                ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: reuseMinutes },
              },
            }),
      }),
    );
    return started.QueryExecutionId ?? '';
  } catch (cause) {
    throw refusal(cause);
  }
}

async function finished(athena: AthenaClient, id: string): Promise<QueryExecution> {
  for (let pauseMs = 30; ; pauseMs = Math.min(1.5 * pauseMs, MOST_PAUSE_MS)) {
    const answer = await athena
      .send(new GetQueryExecutionCommand({ QueryExecutionId: id }))
      .catch((cause: unknown) => {
        throw refusal(cause);
      });
    const execution = answer.QueryExecution ?? {};
    const state = execution.Status?.State;
    if (state === 'SUCCEEDED') return execution;
    if (state === 'FAILED' || state === 'CANCELLED') {
      const reason = execution.Status?.StateChangeReason ?? state;
      throw new MillraceError('MR701', reason, {
        where: `query execution ${id}`,
        mend: 'mend the statement as the reason says; `npx millrace query "SHOW TABLES"` lists the tables',
      });
    }
    await sleep(pauseMs);
  }
}

async function results(athena: AthenaClient, id: string, execution: QueryExecution) {
  const answers = paginateGetQueryResults({ client: athena, pageSize: PAGE_ROWS }, { QueryExecutionId: id });
  const iterator = answers[Symbol.asyncIterator]();
  const first = await iterator.next().catch((cause: unknown) => {
    throw refusal(cause);
  });
  const columns = (first.value?.ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map((column) => ({
    name: column.Name ?? '',
    type: column.Type ?? 'varchar',
  }));
  async function* pages(): AsyncGenerator<Texts[]> {
    // The first row of a SELECT's first page repeats the column names.
    let skip = execution.StatementType === 'DML' ? 1 : 0;
    for (let page = first; page.done !== true; page = await iterator.next()) {
      const rows = page.value.ResultSet?.Rows ?? [];
      yield rows.slice(skip).map((row) => columns.map((_, at) => row.Data?.[at]?.VarCharValue ?? null));
      skip = 0;
    }
  }
  return { columns, pages: pages() };
}

function refusal(cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const what = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof Error && 'AthenaErrorCode' in cause) {
    return new MillraceError('MR701', what, {
      where: 'the Athena API',
      mend: 'mend the statement as the reason says',
      cause,
    });
  }
  return new MillraceError('MR702', `the Athena API did not take the query: ${what}`, {
    where: 'the Athena API',
    mend: 'see `npx millrace status` and `npx millrace logs athena`',
    cause,
  });
}
