import { type Command, Option } from 'commander';
import { execute, type QueryResult } from '../../lambdas/shared/athena/execution.ts';
import type { AthenaPlace } from '../../lambdas/shared/athena/place.ts';
import { csvLine, jsonRow, type Texts } from '../../lambdas/shared/athena/values.ts';
import { stageOf } from '../../lib/stages.ts';
import { analystWorkGroupOf } from '../../lib/work-groups.ts';
import { isName, namedQuery } from './athena/named-query.ts';
import { deployedAthena, localAthena } from './athena/place.ts';
import { tableText } from './athena/table.ts';
import { running } from './running.ts';

interface Options {
  readonly format: 'table' | 'csv' | 'json';
  readonly stage?: string;
  readonly parameter?: readonly string[];
  readonly fresh?: true;
  readonly analyst?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('query')
    .description('run a named query or a statement through the Athena API')
    .argument('<query>', 'name of a named query, or SQL of Athena engine v3')
    .addOption(
      new Option('--format <format>', 'how rows are printed')
        .choices(['table', 'csv', 'json'])
        .default('table'),
    )
    .option('--stage <stage>', 'query a stage deployed to AWS, by the AWS settings of the environment')
    .option(
      '--parameter <literal...>',
      "one for each `?` of the query, in its order: 10, 'north', DATE '2026-11-01'",
    )
    .option('--fresh', 'with --stage: never the result of an earlier equal query, however short ago')
    .option('--analyst', 'in the work group of the analyst role, which reads no personal data')
    .option('--json', 'the same as --format json')
    .action(action);
}

async function action(words: string, options: Options): Promise<void> {
  const place = await placeOf(options);
  const { athena, database } = place;
  const workGroup = options.analyst === true ? analystWorkGroupOf(place.stage) : place.workGroup;
  const named = isName(words) ? await namedQuery(athena, workGroup, words.trim()) : undefined;
  const query = {
    workGroup,
    database: named?.database || database,
    sql: named?.sql ?? words,
    parameters: options.parameter ?? [],
    reuseMinutes: reuseMinutesOf(options),
  };
  const result = await execute(athena, query);
  const count = await PRINTERS[options.json === true ? 'json' : options.format](result);
  const megabytes = (result.scannedBytes / 1e6).toFixed(1);
  const whence = result.reused ? ', of an earlier equal query (--fresh asks anew)' : '';
  process.stderr.write(`${count} rows, ${result.seconds.toFixed(2)} s, ${megabytes} MB scanned${whence}\n`);
}

/** Reuse is a setting of each query, not of a work group: here it is the stage's. A local run computes every answer. */
export function reuseMinutesOf({ stage, fresh }: Pick<Options, 'stage' | 'fresh'>): number {
  return stage === undefined || fresh === true ? 0 : stageOf(stage).athena.reuseMinutes;
}

async function placeOf({ stage }: Options): Promise<AthenaPlace & { readonly stage: string }> {
  if (stage !== undefined) return { ...deployedAthena(stage), stage };
  const { state } = await running('MR700');
  return { ...localAthena(state), stage: state.stage };
}

type Printer = (result: QueryResult) => Promise<number>;

const PRINTERS: Readonly<Record<Options['format'], Printer>> = {
  async json({ columns, pages }) {
    let count = 0;
    process.stdout.write('[');
    for await (const page of pages) {
      for (const row of page) {
        await write(`${count === 0 ? '\n' : ',\n'}${jsonRow(row, columns)}`);
        count += 1;
      }
    }
    process.stdout.write(count === 0 ? ']\n' : '\n]\n');
    return count;
  },
  async csv({ columns, pages }) {
    let count = 0;
    await write(csvLine(columns.map(({ name }) => name)));
    for await (const page of pages) {
      for (const row of page) await write(csvLine(row));
      count += page.length;
    }
    return count;
  },
  async table({ columns, pages }) {
    const rows: Texts[] = [];
    for await (const page of pages) rows.push(...page);
    await write(`${tableText(columns, rows)}\n`);
    return rows.length;
  },
};

/** Waits where the reader is slower than the query. */
function write(text: string): Promise<void> | void {
  if (process.stdout.write(text)) return;
  return new Promise((resolve) => {
    process.stdout.once('drain', resolve);
  });
}
