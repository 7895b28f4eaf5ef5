import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rowsOf } from '../../../lambdas/shared/athena/execution.ts';
import type { AthenaPlace } from '../../../lambdas/shared/athena/place.ts';
import { csvLine, type ResultColumn, rowObjects, type Texts } from '../../../lambdas/shared/athena/values.ts';
import type { Manifest, NamedQuery } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { datasetPage } from './dataset-page.ts';
import { ofDays, type SomeDays } from './days.ts';
import { queryChart } from './query-chart.ts';

/** A named query and what it answered. */
export interface Answer {
  readonly query: NamedQuery;
  readonly columns: readonly ResultColumn[];
  /** As Athena gives them. */
  readonly rows: readonly Texts[];
  /** True: of all days, whatever days the report is of, for it does not read silver. */
  readonly whole?: true;
}

/** An answer with the picture of its rows, where the query has a chart. */
export interface Drawn extends Answer {
  readonly svg: string | undefined;
}

/** What a report tells besides the answers. */
export interface ReportFacts {
  readonly dataset: string;
  readonly description: string;
  readonly stage: string;
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
  /** Of the partition time. @default all */
  readonly days?: SomeDays;
}

/** What the queries of a report are asked of. */
type Asked = Pick<Manifest, 'dataset' | 'queries' | 'fields' | 'partitionTime' | 'tables'>;

/**
 * Runs the dataset's named queries, one after another.
 * @param ran told of each, as soon as it is through
 * @param days of the partition time; @default all
 * @throws MillraceError MR866 (there are none), MR867 (one failed), MR856 (one cannot be asked of some days), MR702
 */
export async function answersOf(
  { athena, database, workGroup }: AthenaPlace,
  manifest: Asked,
  ran: (name: string, rows: number, seconds: number) => void = () => undefined,
  days?: SomeDays,
): Promise<Answer[]> {
  const { dataset } = manifest;
  // Nobody is there to give values.
  const queries = manifest.queries.filter(({ parameters = [] }) => parameters.length === 0);
  if (queries.length === 0)
    throw new MillraceError('MR866', `${dataset} has no named queries to report`, {
      where: `the dataset ${dataset}`,
      mend: 'declare some under `queries` of its contract',
    });
  // All of them are refused, or all asked.
  const asked = queries.map((query) => ({
    query,
    some: days === undefined ? undefined : ofDays(query.sql, { manifest, database, days }, query.name),
  }));
  const answers: Answer[] = [];
  for (const { query, some } of asked) {
    const sql = some ?? query.sql;
    const { columns, rows, seconds } = await rowsOf(athena, { database, workGroup, sql }).catch(
      (cause: unknown) => {
        throw failed(query.name, cause);
      },
    );
    ran(query.name, rows.length, seconds);
    const whole = days !== undefined && some === undefined;
    answers.push({ query, columns, rows, ...(whole ? { whole } : {}) });
  }
  return answers;
}

/**
 * Writes a report: of each query `NAME.csv` and, where it has a chart, `NAME.svg`; the key figures as `summary.json`;
 * and `index.html`, one page of them all that loads nothing.
 * @returns names of the files, the page first
 * @throws MillraceError MR865, MR868
 */
export async function writeReport(
  folder: string,
  facts: ReportFacts,
  answers: readonly Answer[],
): Promise<string[]> {
  // All of it is made before any of it is written.
  const drawn = await Promise.all(
    answers.map(
      async (one): Promise<Drawn> => ({
        ...one,
        svg: await queryChart(one.query, one.columns, rowObjects(one.rows, one.columns)),
      }),
    ),
  );
  const files = new Map([['index.html', datasetPage(facts, drawn)]]);
  const summary = summaryOf(answers);
  if (summary !== undefined) {
    const figures = { generatedAt: facts.generatedAt, ...facts.days, ...summary };
    files.set('summary.json', `${JSON.stringify(figures, undefined, 2)}\n`);
  }
  for (const { query, columns, rows, svg } of drawn) {
    if (svg !== undefined) files.set(`${query.name}.svg`, `${svg}\n`);
    files.set(`${query.name}.csv`, [columns.map(({ name }) => name), ...rows].map(csvLine).join(''));
  }
  await mkdir(folder, { recursive: true });
  await Promise.all([...files].map(([name, body]) => writeFile(join(folder, name), body)));
  return [...files.keys()];
}

/** The row of the query of kind `summary`; undefined where there is no such query. @throws MillraceError MR868 */
function summaryOf(answers: readonly Answer[]): Record<string, unknown> | undefined {
  const answer = answers.find(({ query }) => query.kind === 'summary');
  if (answer === undefined) return undefined;
  const [row, ...more] = rowObjects(answer.rows, answer.columns);
  if (row !== undefined && more.length === 0) return row;
  throw new MillraceError('MR868', `a summary is one row, and there are ${answer.rows.length}`, {
    where: `the named query ${answer.query.name}`,
    mend: 'mend its SQL, or give it another kind',
  });
}

function failed(query: string, cause: unknown): unknown {
  if (!(cause instanceof MillraceError) || cause.code !== 'MR701') return cause;
  return new MillraceError('MR867', `the query failed: ${cause.message}`, {
    where: `the named query ${query}`,
    mend: 'mend its SQL as the reason says; where a table is missing, `npx millrace up` or a deploy makes it',
    cause,
  });
}
