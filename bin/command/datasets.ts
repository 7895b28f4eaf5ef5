import { paginateGetTables } from '@aws-sdk/client-glue';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { jsonSchemaOf } from '../../lib/contract/json-schema.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { publishedSchemasOf } from '../../lib/contract/publication.ts';
import { allDatasets, datasetNamed } from '../../lib/datasets/index.ts';
import { deployedPlace } from './stage-place.ts';
import { notDeployed } from './unreachable.ts';

/** What `datasets --json` prints of each dataset. */
function summaryOf(manifest: Manifest) {
  const {
    dataset,
    description,
    topic,
    identity,
    partitionTime,
    onConflict,
    tables,
    gold,
    queries,
    retentionDays,
  } = manifest;
  return {
    dataset,
    description,
    topic: topic.name,
    key: topic.key,
    partitions: topic.partitions,
    identity,
    partitionedBy: `${partitionTime.transform}(${partitionTime.column})`,
    onConflict: onConflict.kind === 'first' ? 'first' : `newest by ${onConflict.column}`,
    eventsPerSecond: manifest.declaredEventsPerSecond,
    retentionDays,
    tables,
    gold: gold.map((model) => model.name),
    queries: queries.map(({ name }) => name),
  };
}

function tableOf(summaries: readonly ReturnType<typeof summaryOf>[]): string {
  const table = new Table({
    head: ['dataset', 'topic', 'identity', 'silver', 'gold', 'queries'],
    style: { head: [], border: [] },
  });
  for (const { dataset, topic, partitions, identity, tables, partitionedBy, gold, queries } of summaries) {
    table.push([
      dataset,
      `${topic} (${partitions} partitions)`,
      identity.join(', '),
      `${tables.silver} by ${partitionedBy}`,
      gold.join('\n'),
      queries.join('\n'),
    ]);
  }
  return table.toString();
}

/** Names of the tables in a stage's catalog. @throws MillraceError MR514 */
async function tablesOf(stage: string): Promise<ReadonlySet<string>> {
  const { athena, catalog, close } = deployedPlace(stage);
  try {
    const names = new Set<string>();
    const asked = { DatabaseName: athena.database };
    for await (const { TableList } of paginateGetTables({ client: catalog }, asked)) {
      for (const { Name } of TableList ?? []) names.add(Name ?? '');
    }
    return names;
  } catch (cause) {
    throw notDeployed(athena.database, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    close();
  }
}

interface Options {
  readonly json?: true;
  readonly stage?: string;
  readonly schema?: true;
}

/** What `datasets DATASET --schema` prints. */
export function schemasOf(manifest: Manifest) {
  return { event: jsonSchemaOf(manifest), published: publishedSchemasOf(manifest) };
}

export function register(program: Command): void {
  program
    .command('datasets')
    .description('the datasets and what is declared of each')
    .argument('[dataset]', 'that one alone (default: all)')
    .option(
      '--stage <stage>',
      'only those whose tables the stage has, by the AWS settings of the environment',
    )
    .option('--json', 'print JSON')
    .option('--schema', 'print the JSON Schemas of its event and of what it publishes, by topic')
    .action(async (name: string | undefined, { json, stage, schema }: Options, command: Command) => {
      const datasets = name === undefined ? await allDatasets() : [await datasetNamed(name)];
      if (schema === true) {
        const [one] = datasets;
        if (name === undefined || one === undefined)
          command.error('error: --schema takes one dataset: datasets DATASET --schema');
        process.stdout.write(`${JSON.stringify(schemasOf(one.manifest), undefined, 2)}\n`);
        return;
      }
      const all = datasets.map(({ manifest }) => summaryOf(manifest));
      const tables = stage === undefined ? undefined : await tablesOf(stage);
      const summaries = all.filter((one) => tables === undefined || tables.has(one.tables.silver));
      const text = json === true ? JSON.stringify(summaries, undefined, 2) : tableOf(summaries);
      process.stdout.write(`${text}\n`);
    });
}
