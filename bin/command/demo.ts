import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { breaches } from '../../lambdas/audit/equation.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { allDatasets, datasetNamed } from '../../lib/datasets/index.ts';
import { MillraceError } from '../../lib/errors.ts';
import { type Environment, startEnvironment } from '../../localstack/environment.ts';
import { exitCodes } from '../setup/exit-codes.js';
import { readToolchain } from '../setup/toolchain.js';
import { flow } from './demo/flow.ts';
import { demoFolder, markKept, removeLeftovers } from './demo/leftovers.ts';
import { type Steps, steps } from './demo/steps.ts';
import { wholeNumber } from './option-values.ts';
import { reportPage } from './report/page.ts';
import { millraceFolder } from './running.ts';
import { ensureSynthesised } from './synthesis.ts';

interface Options {
  readonly dataset?: string;
  readonly events: number;
  readonly seed: number;
  readonly keep?: true;
  readonly chaos?: true;
  readonly json?: string;
}

const WEEK_SECONDS = 604_800;

export function register(program: Command): void {
  program
    .command('demo')
    .description('the whole way on this machine: produce, land, silver, gold, query, audit, report')
    .option('--events <n>', 'distinct valid events', wholeNumber(1), WEEK_SECONDS)
    .option('--seed <s>', 'makes the run repeatable on the same day', wholeNumber(0), 1)
    .option('--dataset <name>', 'dataset to produce (default: the first that has a simulator of its own)')
    .option('--chaos', 'kill the broker, the landing function and the Spark driver once each meanwhile')
    .option('--keep', 'keep the state folder with all data')
    .option('--json <file>', 'write the outcome as JSON')
    .action(action);
}

async function action(options: Options): Promise<void> {
  const progress = steps();
  const manifest = await manifestOf(options.dataset);
  const stop = new AbortController();
  const interruption = interrupted();
  const interrupt = () => {
    if (!stop.signal.aborted) progress.say('stopping');
    stop.abort(interruption);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  try {
    await demo(options, manifest, progress, stop);
  } catch (error) {
    if (error !== interruption) throw error;
    process.stderr.write(`${interruption}\n`);
    process.exitCode = exitCodes.interrupted;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt);
  }
}

async function demo(
  options: Options,
  manifest: Manifest,
  progress: Steps,
  stop: AbortController,
): Promise<void> {
  const { say, time, timings } = progress;
  const cdkOut = await time('synth', () => ensureSynthesised({ log: say }));
  await removeLeftovers(millraceFolder, say);
  const stateDir = demoFolder(millraceFolder);
  let environment: Environment | undefined;
  try {
    environment = await time('start', () =>
      startEnvironment({ stateDir, cdkOut, toolchain: readToolchain(), log: say }),
    );
    environment.onFailure((exit) => stop.abort(serviceEnded(exit.name, exit.logFile)));
    stop.signal.throwIfAborted();
    const outcome = await flow({
      manifest,
      stateDir,
      events: options.events,
      seed: options.seed,
      steps: progress,
      signal: stop.signal,
      chaos: options.chaos === true,
    });
    const report = join(millraceFolder, 'report.html');
    await mkdir(millraceFolder, { recursive: true });
    await writeFile(report, await time('report', () => reportPage(outcome)));
    say(`report: ${relative(process.cwd(), report)}`);
    if (options.json !== undefined) {
      const { audit, rows: p95, throughput, chaos } = outcome;
      const told = { audit, p95, timings, throughput, ...(options.chaos === true ? { chaos } : {}) };
      await writeFile(options.json, `${JSON.stringify(told, undefined, 2)}\n`);
    }
    const broken = breaches(outcome.audit);
    if (broken.length > 0) throw auditFails(broken);
  } finally {
    const running = environment;
    if (running !== undefined) await time('stop', () => running.stop({ purge: options.keep !== true }));
    if (options.keep === true && existsSync(stateDir)) {
      await markKept(stateDir);
      say(`kept: ${relative(process.cwd(), stateDir)}`);
    } else {
      await rm(stateDir, { recursive: true, force: true });
    }
    say('everything is stopped');
  }
}

async function manifestOf(name: string | undefined): Promise<Manifest> {
  if (name !== undefined) return (await datasetNamed(name)).manifest;
  for (const { manifest } of await allDatasets()) {
    const own = new URL(`../../lib/datasets/simulators/${manifest.dataset}.ts`, import.meta.url);
    if (existsSync(fileURLToPath(own)) && manifest.gold.length > 0) return manifest;
  }
  throw new MillraceError('MR507', 'no dataset has a simulator of its own', {
    where: 'lib/datasets/simulators',
    mend: 'name a dataset with --dataset',
  });
}

function interrupted(): MillraceError {
  return new MillraceError('MR508', 'interrupted', { where: 'the demo', mend: 'run it again' });
}

function serviceEnded(name: string, logFile: string): MillraceError {
  return new MillraceError('MR509', `${name} ended and could not be brought back`, {
    where: logFile,
    mend: 'run `npm run demo -- --keep` and read that log',
  });
}

function auditFails(broken: readonly string[]): MillraceError {
  return new MillraceError('MR603', `the audit fails: ${broken.join(', ')}`, {
    where: 'the audit above',
    mend: 'run `npm run demo -- --keep` and look into the logs of the folder that it names',
  });
}
