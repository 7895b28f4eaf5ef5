import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { breaches, summed } from '../../lambdas/audit/equation.ts';
import { MillraceError } from '../../lib/errors.ts';
import { exitCodes } from '../setup/exit-codes.js';
import { flow } from './demo/flow.ts';
import { importFlow } from './demo/import-flow.ts';
import { inRun } from './demo/in-run.ts';
import { removeLeftovers } from './demo/leftovers.ts';
import { type DemoPlan, demoPlan } from './demo/plan.ts';
import { type Steps, steps } from './demo/steps.ts';
import { wholeNumber } from './option-values.ts';
import { reportPage } from './report/page.ts';
import { millraceFolder } from './running.ts';

interface Options {
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
    .description('the whole way on this machine: produce or import, land, silver, gold, query, audit, report')
    .argument(
      '[datasets...]',
      'what to show (default: the first dataset that has a simulator of its own, and all that have sample files)',
    )
    .option('--events <n>', 'distinct valid events that are simulated', wholeNumber(1), WEEK_SECONDS)
    .option('--seed <s>', 'makes the run repeatable on the same day', wholeNumber(0), 1)
    .option('--chaos', 'kill the broker, the landing function and the Spark driver once each meanwhile')
    .option('--keep', 'keep the state folder with all data')
    .option('--json <file>', 'write the outcome as JSON')
    .action(action);
}

async function action(datasets: readonly string[], options: Options): Promise<void> {
  const progress = steps();
  const plan = await demoPlan(datasets);
  const stop = new AbortController();
  const interruption = interrupted();
  const interrupt = () => {
    if (!stop.signal.aborted) progress.say('stopping');
    stop.abort(interruption);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  try {
    await demo(plan, options, progress, stop);
  } catch (error) {
    if (error !== interruption) throw error;
    process.stderr.write(`${interruption}\n`);
    process.exitCode = exitCodes.interrupted;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt);
  }
}

async function demo(plan: DemoPlan, options: Options, progress: Steps, stop: AbortController): Promise<void> {
  const { say, timings } = progress;
  const run = { keep: options.keep === true, steps: progress, stop };
  const { simulated, imported } = plan;
  await removeLeftovers(millraceFolder, say);
  const outcome =
    simulated === undefined
      ? undefined
      : await inRun({ ...run, manifests: [simulated] }, (stateDir) => {
          const { events, seed, chaos = false } = options;
          return flow({
            manifest: simulated,
            stateDir,
            events,
            seed,
            steps: progress,
            signal: stop.signal,
            chaos,
          });
        });
  if (outcome !== undefined) {
    const report = join(millraceFolder, 'report.html');
    await mkdir(millraceFolder, { recursive: true });
    await writeFile(report, await progress.time('report', () => reportPage(outcome)));
    say(`report: ${relative(process.cwd(), report)}`);
  }
  const imports =
    imported.length === 0
      ? undefined
      : await inRun({ ...run, manifests: imported }, (stateDir) =>
          importFlow({ manifests: imported, stateDir, steps: progress, signal: stop.signal }),
        );
  const audit = summed({ ...outcome?.audit.datasets, ...imports?.audit.datasets });
  if (options.json !== undefined) {
    const told = {
      audit,
      ...(outcome === undefined ? {} : { p95: outcome.rows, throughput: outcome.throughput }),
      ...(imports === undefined ? {} : { imports: imports.datasets }),
      timings,
      ...(options.chaos === true ? { chaos: outcome?.chaos ?? [] } : {}),
    };
    await writeFile(options.json, `${JSON.stringify(told, undefined, 2)}\n`);
  }
  say('everything is stopped');
  const broken = breaches(audit);
  if (broken.length > 0) throw auditFails(broken);
}

function interrupted(): MillraceError {
  return new MillraceError('MR508', 'interrupted', { where: 'the demo', mend: 'run it again' });
}

function auditFails(broken: readonly string[]): MillraceError {
  return new MillraceError('MR603', `the audit fails: ${broken.join(', ')}`, {
    where: 'the audit above',
    mend: 'run `npm run demo -- --keep` and look into the logs of the folder that it names',
  });
}
