/**
 * What an event takes in each layer, and in how many files, after one week of simulated events at full speed.
 *
 * Bronze and quarantine are what the landing put while the topic was filled as fast as the producer can; silver, rejected
 * and gold are the current snapshots of the tables that the shipped silver and gold jobs wrote. Nothing was compacted.
 */
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { type TableSize, tableSize } from '../bin/command/demo/silver-files.ts';
import { bucketOf } from '../bin/command/running.ts';
import { goldTables } from '../lib/contract/gold-layer.ts';
import type { Bench, Benchmark } from './bench.ts';
import { runJob } from './job.ts';
import type { Lab } from './lab.ts';
import type { Figure } from './result.ts';

async function objectsSize(
  lab: Lab,
  bucket: string,
  prefix: string,
): Promise<{ files: number; bytes: number }> {
  const place = { Bucket: bucketOf(lab.state, bucket), Prefix: prefix };
  let [files, bytes] = [0, 0];
  for await (const page of paginateListObjectsV2({ client: lab.s3 }, place)) {
    for (const { Size: size = 0 } of page.Contents ?? []) {
      files += 1;
      bytes += size;
    }
  }
  return { files, bytes };
}

async function computeGold(bench: Bench, lab: Lab, week: string): Promise<void> {
  bench.say('computing gold');
  await runJob(lab, {
    kind: 'gold',
    dataset: bench.manifest.dataset,
    run: week,
    signal: bench.signal,
    arguments: { '--database': week, '--state': `s3://${bucketOf(lab.state, 'State')}/${week}/` },
  });
}

function figuresOf(what: string, size: TableSize, unit: string): Figure[] {
  return [
    { what: `${what}, ${unit}`, value: size.bytes / Math.max(1, size.records), unit: 'bytes' },
    { what: `${what}, files`, value: size.files, unit: '' },
  ];
}

export const size: Benchmark = {
  title: 'Bytes an event, and files',
  async run(bench) {
    const { manifest } = bench;
    const records = await bench.topic();
    const lab = await bench.lab();
    const landed = {
      bronze: { ...(await objectsSize(lab, 'Bronze', `${manifest.dataset}/`)), records },
      quarantine: { ...(await objectsSize(lab, 'Quarantine', `${manifest.dataset}/`)), records },
    };
    const week = await bench.week();
    await computeGold(bench, lab, week);
    const silver = await tableSize(lab.state, week, manifest.tables.silver);
    const rejected = await tableSize(lab.state, week, manifest.tables.rejected);
    const gold: Record<string, TableSize> = {};
    for (const { name } of goldTables(manifest)) gold[name] = await tableSize(lab.state, week, name);
    return {
      figures: [
        ...figuresOf('bronze', landed.bronze, 'a record'),
        ...figuresOf('silver', silver, 'a row'),
        ...figuresOf('rejected', rejected, 'a row'),
        ...Object.entries(gold).flatMap(([name, one]) => figuresOf(`\`${name}\``, one, 'a row')),
      ],
      details: { ...landed, silver, rejected, gold },
    };
  },
};
