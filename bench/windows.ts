/**
 * What the windows add to the silver job.
 *
 * The same topic, of one week of simulated events, is read from its beginning to its end twice by the shipped silver job
 * and twice by the same job under a manifest whose list of windows is empty, in turn, each time into empty tables and
 * under a new checkpoint, with the settings of the templates. Counted as in silver.ts.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, Benchmark } from './bench.ts';
import type { JobRun } from './job.ts';
import { throughTopic } from './silver.ts';
import { medianOf, streamRates } from './stream.ts';

const ROUNDS = 2;

/** The dataset's manifest with no window, as a file. */
export async function manifestWithoutWindows(bench: Bench): Promise<string> {
  const file = join((await bench.lab()).stateDir, 'no-windows.json');
  await writeFile(file, JSON.stringify({ ...bench.manifest, windows: [], approximations: [] }));
  return file;
}

export const windows: Benchmark = {
  title: 'The silver job with its windows, against the same without',
  async run(bench) {
    await bench.topic();
    const manifest = await manifestWithoutWindows(bench);
    const runs: { shipped: JobRun; bare: JobRun }[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const shipped = await throughTopic(bench, `windows_${round}`);
      const bare = await throughTopic(bench, `bare_${round}`, { manifest });
      runs.push({ shipped, bare });
    }
    const shipped = runs.map((round) => streamRates(round.shipped));
    const bare = runs.map((round) => streamRates(round.bare));
    const rate = medianOf(shipped, 'warmRecordsPerSecond');
    const bareRate = medianOf(bare, 'warmRecordsPerSecond');
    const cost = medianOf(shipped, 'warmProcessorSecondsPer1000');
    const bareCost = medianOf(bare, 'warmProcessorSecondsPer1000');
    return {
      figures: [
        { what: 'with windows, warm', value: rate, unit: 'events/s' },
        { what: 'without, warm', value: bareRate, unit: 'events/s' },
        { what: 'ratio by the clock', value: rate / bareRate, unit: '' },
        { what: 'ratio by processor time', value: bareCost / cost, unit: '' },
        {
          what: 'processor time that windows add to 1,000 events',
          value: 1000 * (cost - bareCost),
          unit: 'ms',
        },
      ],
      details: { shipped, bare },
    };
  },
};
