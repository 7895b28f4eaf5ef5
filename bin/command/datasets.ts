import Table from 'cli-table3';
import type { Command } from 'commander';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { allDatasets } from '../../lib/datasets/index.ts';

/** What `datasets --json` prints of each dataset. */
function summaryOf(manifest: Manifest) {
  const { dataset, description, topic, identity, partitionTime, onConflict, tables, gold, retentionDays } =
    manifest;
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
  };
}

function tableOf(summaries: readonly ReturnType<typeof summaryOf>[]): string {
  const table = new Table({
    head: ['dataset', 'topic', 'identity', 'silver', 'gold'],
    style: { head: [], border: [] },
  });
  for (const { dataset, topic, partitions, identity, tables, partitionedBy, gold } of summaries) {
    table.push([
      dataset,
      `${topic} (${partitions} partitions)`,
      identity.join(', '),
      `${tables.silver} by ${partitionedBy}`,
      gold.join(', '),
    ]);
  }
  return table.toString();
}

export function register(program: Command): void {
  program
    .command('datasets')
    .description('the datasets and what is declared of each')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const summaries = (await allDatasets()).map(({ manifest }) => summaryOf(manifest));
      const text = json === true ? JSON.stringify(summaries, undefined, 2) : tableOf(summaries);
      process.stdout.write(`${text}\n`);
    });
}
