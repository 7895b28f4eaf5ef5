/**
 * `npm run bench [NAME...]`: each benchmark says how it measures at the top of its file. Results go to
 * bench/results/NAME.json, their tables to docs/performance.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { removeLeftovers } from '../bin/command/demo/leftovers.ts';
import { steps } from '../bin/command/demo/steps.ts';
import { wholeNumber } from '../bin/command/option-values.ts';
import { millraceFolder } from '../bin/command/running.ts';
import type { Manifest } from '../lib/contract/manifest.ts';
import { datasetNamed } from '../lib/datasets/index.ts';
import { MillraceError } from '../lib/errors.ts';
import type { Bench, Benchmark } from './bench.ts';
import { exactlyOnce } from './exactly-once.ts';
import { flights } from './flights.ts';
import { freshness } from './freshness.ts';
import { land } from './land.ts';
import { machine } from './machine.ts';
import { table, withTable } from './page.ts';
import { query } from './query.ts';
import { type Result, rounded, writeResult } from './result.ts';
import { sharedRun } from './shared-run.ts';
import { silver } from './silver.ts';
import { size } from './size.ts';
import { windows } from './windows.ts';

/** In the order in which `all` runs them. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  silver,
  'exactly-once': exactlyOnce,
  windows,
  query,
  size,
  land,
  freshness,
  flights,
};

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const USAGE = `usage: npm run bench -- [${Object.keys(benchmarks).join('|')}|all]... [--dataset NAME] [--events N]\n`;

interface Words {
  readonly names: readonly string[];
  readonly dataset: string;
  readonly events: number | undefined;
}

function wordsOf(args: readonly string[]): Words {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { dataset: { type: 'string' }, events: { type: 'string' } },
  });
  const named =
    positionals.length === 0 || positionals.includes('all') ? Object.keys(benchmarks) : positionals;
  const unknown = named.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown !== undefined) throw new TypeError(`no benchmark is called '${unknown}'`);
  return {
    names: named,
    dataset: values.dataset ?? 'iot',
    events: values.events === undefined ? undefined : wholeNumber(1)(values.events),
  };
}

async function measure(name: string, bench: Bench, further: string): Promise<void> {
  const benchmark = benchmarks[name];
  if (benchmark === undefined) return;
  const begunMs = performance.now();
  const { figures, details } = await benchmark.run(bench);
  // The page shows what is committed: rounding a figure twice can differ in its last digit.
  const result: Result = rounded({
    benchmark: name,
    title: benchmark.title,
    command: `npm run bench ${name}${further}`,
    takenAt: new Date().toISOString(),
    seconds: (performance.now() - begunMs) / 1000,
    machine: await machine(),
    figures,
    details,
  });
  const file = await writeResult(result);
  await writeFile(page, withTable(await readFile(page, 'utf8'), name, table(result)));
  process.stdout.write(`${result.title}\n${table(result)}\n\n`);
  bench.say(`${name}: ${file}`);
}

/** @returns the names of those that failed: one that fails does not keep the others from being measured */
async function bench({ names, dataset, events }: Words, signal: AbortSignal): Promise<string[]> {
  const { say } = steps();
  await removeLeftovers(millraceFolder, say);
  const { manifest }: { manifest: Manifest } = await datasetNamed(dataset);
  const shared = sharedRun({ manifest, signal, say, ...(events === undefined ? {} : { events }) });
  const further = events === undefined ? '' : ` -- --events ${events}`;
  const failed: string[] = [];
  try {
    for (const name of Object.keys(benchmarks).filter((one) => names.includes(one))) {
      try {
        signal.throwIfAborted();
        await measure(name, shared.bench, further);
      } catch (error) {
        signal.throwIfAborted();
        say(`${name} failed: ${error instanceof MillraceError ? error : String(error)}`);
        failed.push(name);
        // The others begin afresh.
        await shared.bench.release();
      }
    }
    return failed;
  } finally {
    await shared.close();
  }
}

async function main(args: readonly string[]): Promise<number> {
  let words: Words;
  try {
    words = wordsOf(args);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const stop = new AbortController();
  const interruption = new MillraceError('MR904', 'interrupted', {
    where: 'the benchmark',
    mend: 'run it again',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop.abort(interruption));
  }
  try {
    return (await bench(words, stop.signal)).length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    process.stderr.write(`${error}\n`);
    return error === interruption ? 130 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
