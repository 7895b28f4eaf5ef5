/**
 * Kafka to silver against a plain append.
 *
 * A topic holds one week of simulated events (one a second, 618,249 records with duplicates, broken, late and
 * conflicting ones), all landed, so that nothing else is at work. Two jobs read it from the beginning to the end in
 * turn, twice each, every time into empty tables and under a new checkpoint:
 *   silver  the shipped job, script and arguments of the templates, in mode available-now
 *   plain   plain_append.py: from_json, cast, append into a table of the same form; the same Spark settings
 * Both count from the start of their process. `warm` begins with the end of the first micro-batch and leaves a small last
 * one out. Processor time is that of the process, the JVM and the Python workers. Figures are medians of the two runs.
 */
import { fileURLToPath } from 'node:url';
import { tableSize } from '../bin/command/demo/silver-files.ts';
import { bucketOf } from '../bin/command/running.ts';
import type { Bench, Benchmark } from './bench.ts';
import { type JobRun, runJob } from './job.ts';
import { medianOf, streamRates } from './stream.ts';
import { makeTwins } from './tables.ts';

const ROUNDS = 2;
const plainScript = fileURLToPath(new URL('./plain_append.py', import.meta.url));

/** Runs the silver job, or a script in its place, over the whole topic into a database of its own. */
export async function throughTopic(
  bench: Bench,
  name: string,
  options: { readonly script?: string; readonly manifest?: string } = {},
): Promise<JobRun> {
  const lab = await bench.lab();
  const bucket = bucketOf(lab.state, 'State');
  await makeTwins(lab, name);
  bench.say(`running ${name}`);
  return runJob(lab, {
    kind: 'silver',
    dataset: bench.manifest.dataset,
    run: name,
    signal: bench.signal,
    arguments: {
      '--database': name,
      '--state': `s3://${bucket}/${name}/`,
      '--checkpoint': `s3://${bucket}/${name}/checkpoint/`,
      '--run-mode': 'available-now',
      ...(options.manifest === undefined ? {} : { '--manifest': options.manifest }),
    },
    ...(options.script === undefined ? {} : { script: options.script }),
  });
}

export const silver: Benchmark = {
  title: 'Kafka to silver, against a plain append of the same topic',
  async run(bench) {
    await bench.topic();
    const lab = await bench.lab();
    const runs: { shipped: JobRun; plain: JobRun }[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const shipped = await throughTopic(bench, `silver_${round}`);
      const plain = await throughTopic(bench, `plain_${round}`, { script: plainScript });
      runs.push({ shipped, plain });
    }
    const shipped = runs.map((round) => streamRates(round.shipped));
    const plain = runs.map((round) => streamRates(round.plain));
    const sizes = {
      silver: await tableSize(lab.state, 'silver_1', bench.manifest.tables.silver),
      plain: await tableSize(lab.state, 'plain_1', bench.manifest.tables.silver),
    };
    const warm = medianOf(shipped, 'warmRecordsPerSecond');
    const plainWarm = medianOf(plain, 'warmRecordsPerSecond');
    const cost = medianOf(shipped, 'warmProcessorSecondsPer1000');
    const plainCost = medianOf(plain, 'warmProcessorSecondsPer1000');
    return {
      figures: [
        {
          what: 'silver, start of Spark included',
          value: medianOf(shipped, 'recordsPerSecond'),
          unit: 'events/s',
        },
        { what: 'silver, warm', value: warm, unit: 'events/s', aim: '30,000 on 2 cores' },
        {
          what: 'plain append, start of Spark included',
          value: medianOf(plain, 'recordsPerSecond'),
          unit: 'events/s',
        },
        { what: 'plain append, warm', value: plainWarm, unit: 'events/s' },
        { what: 'ratio, warm, by the clock', value: warm / plainWarm, unit: '', aim: '0.7' },
        { what: 'ratio, warm, by processor time', value: plainCost / cost, unit: '' },
        { what: 'silver, processor time of 1,000 events, warm', value: 1000 * cost, unit: 'ms' },
        { what: 'plain append, processor time of 1,000 events, warm', value: 1000 * plainCost, unit: 'ms' },
        ...Object.entries(shipped[0]?.phaseShares ?? {}).map(([name, share]) => ({
          what: `phase \`${name}\`, share of the warm time`,
          value: 100 * share,
          unit: '%',
        })),
        { what: 'silver, files', value: sizes.silver.files, unit: '' },
        { what: 'silver, an event', value: sizes.silver.bytes / sizes.silver.records, unit: 'bytes' },
        { what: 'plain append, files', value: sizes.plain.files, unit: '' },
        { what: 'plain append, an event', value: sizes.plain.bytes / sizes.plain.records, unit: 'bytes' },
      ],
      details: { shipped, plain, sizes },
    };
  },
};
