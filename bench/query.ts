/**
 * The named queries of the gold models through the local Athena, over one week of silver and over ten.
 *
 * The week is what the shipped job wrote of one simulated event a second. The ten weeks are the same rows ten times,
 * each time a week earlier and under identities of their own, appended to a table of the same form (weeks.py). Every query
 * runs once to warm up, then five times; seconds are the engine's own (what Athena calls EngineExecutionTime).
 */
import { fileURLToPath } from 'node:url';
import { namedQuery } from '../bin/command/athena/named-query.ts';
import { localAthena } from '../bin/command/athena/place.ts';
import { execute } from '../lambdas/shared/athena/execution.ts';
import type { Bench, Benchmark } from './bench.ts';
import { runJob } from './job.ts';
import type { Figure } from './result.ts';
import { percentile } from './statistics.ts';
import { makeTwins } from './tables.ts';

const TIMES = 5;
const WEEKS = 10;

const weeksScript = fileURLToPath(new URL('./weeks.py', import.meta.url));

/** A database of ten weeks, made of the one. */
async function tenWeeks(bench: Bench, week: string): Promise<string> {
  const lab = await bench.lab();
  const name = 'weeks';
  await makeTwins(lab, name);
  bench.say(`filling ${WEEKS} weeks`);
  await runJob(lab, {
    kind: 'silver',
    dataset: bench.manifest.dataset,
    run: name,
    script: weeksScript,
    signal: bench.signal,
    arguments: { '--database': name, '--source': week, '--weeks': String(WEEKS) },
  });
  return name;
}

interface Asked {
  readonly query: string;
  readonly database: string;
  readonly seconds: readonly number[];
  readonly scannedBytes: number;
}

async function ask(bench: Bench, query: string, database: string): Promise<Asked> {
  const { athena, workGroup } = localAthena((await bench.lab()).state);
  try {
    const { sql } = await namedQuery(athena, workGroup, query);
    const seconds: number[] = [];
    let scannedBytes = 0;
    for (let time = 0; time <= TIMES; time += 1) {
      bench.signal.throwIfAborted();
      const answer = await execute(athena, { sql, database, workGroup });
      scannedBytes = answer.scannedBytes;
      if (time > 0) seconds.push(answer.seconds);
    }
    return { query, database, seconds, scannedBytes };
  } finally {
    athena.destroy();
  }
}

export const query: Benchmark = {
  title: 'Named queries through the local Athena',
  async run(bench) {
    const week = await bench.week();
    const databases = { 'one week': week, 'ten weeks': await tenWeeks(bench, week) };
    const asked: Asked[] = [];
    const figures: Figure[] = [];
    for (const { name } of bench.manifest.gold) {
      for (const [span, database] of Object.entries(databases)) {
        bench.say(`asking ${name} over ${span}`);
        const one = await ask(bench, name, database);
        asked.push(one);
        figures.push({ what: `\`${name}\`, ${span}`, value: percentile(one.seconds, 50), unit: 's' });
        figures.push({ what: `\`${name}\`, ${span}, read`, value: one.scannedBytes / 1e6, unit: 'MB' });
      }
    }
    return { figures, details: asked };
  },
};
