/**
 * What exactly-once costs the silver job.
 *
 * The same topic, of one week of simulated events, is read from its beginning to its end twice by the shipped silver job
 * and twice by judged_append.py, in turn, each time into empty tables and under a new checkpoint, with the settings of
 * the templates. Both judge each record by the same code, make the same rows and sort them alike; the job also keeps each
 * identity once, rejected rows, fence and progress. Both without windows, which are a product of their own (windows.ts).
 * Counted as in silver.ts.
 */
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './bench.ts';
import type { JobRun } from './job.ts';
import { throughTopic } from './silver.ts';
import { medianOf, streamRates } from './stream.ts';
import { manifestWithoutWindows } from './windows.ts';

const ROUNDS = 2;
const script = fileURLToPath(new URL('./judged_append.py', import.meta.url));

export const exactlyOnce: Benchmark = {
  title: 'The silver job without windows, against the same judge and a plain append',
  async run(bench) {
    await bench.topic();
    const manifest = await manifestWithoutWindows(bench);
    const runs: { once: JobRun; append: JobRun }[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const once = await throughTopic(bench, `once_${round}`, { manifest });
      const append = await throughTopic(bench, `append_${round}`, { manifest, script });
      runs.push({ once, append });
    }
    const once = runs.map((round) => streamRates(round.once));
    const append = runs.map((round) => streamRates(round.append));
    const rate = medianOf(once, 'warmRecordsPerSecond');
    const appendRate = medianOf(append, 'warmRecordsPerSecond');
    const cost = medianOf(once, 'warmProcessorSecondsPer1000');
    const appendCost = medianOf(append, 'warmProcessorSecondsPer1000');
    return {
      figures: [
        { what: 'exactly once, warm', value: rate, unit: 'events/s' },
        { what: 'judged and appended, warm', value: appendRate, unit: 'events/s' },
        { what: 'ratio by the clock', value: rate / appendRate, unit: '', aim: '0.7' },
        { what: 'ratio by processor time', value: appendCost / cost, unit: '' },
      ],
      details: { once, append },
    };
  },
};
