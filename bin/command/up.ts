import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { datasetNamed } from '../../lib/datasets/index.ts';
import { launch } from '../../localstack/launch.ts';
import { runningState, type State, stopRun } from '../../localstack/state.ts';
import { exitCodes } from '../setup/exit-codes.js';
import { readToolchain } from '../setup/toolchain.js';
import { upFolder } from './running.ts';
import { ensureSynthesised, inputsOf } from './synthesis.ts';

/** Beside state.json: the inputs of the templates that the run was made from. */
const inputsFile = join(upFolder, 'inputs');

type Say = (line: string) => void;

/** Lines on stderr, each with the seconds since `up` began. */
function sayer(): Say {
  const begun = performance.now();
  return (line) => {
    const seconds = Math.round((performance.now() - begun) / 1000);
    process.stderr.write(`${`${seconds} s`.padStart(7)}  ${line}\n`);
  };
}

function describe(state: State): string {
  const lines = [
    `up: stage ${state.stage}, ${Object.keys(state.resources).length} resources, process ${state.pid}`,
    ...Object.entries(state.endpoints).map(([name, address]) => `  ${name.padEnd(7)} ${address}`),
    `  logs    ${join(upFolder, 'logs')}`,
    '  next    npx millrace produce DATASET, npx millrace audit, npx millrace down',
  ];
  return `${lines.join('\n')}\n`;
}

/** Runs `task`; a signal that comes meanwhile is obeyed when it has ended: half a run could not be stopped. */
async function uninterrupted<T>(
  say: Say,
  task: () => Promise<T>,
): Promise<{ result: T; interrupted: boolean }> {
  let interrupted = false;
  const note = () => {
    if (!interrupted) say('stopping as soon as everything has started');
    interrupted = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, note);
  try {
    const result = await task();
    return { result, interrupted };
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, note);
  }
}

/** What `up --json` prints: the run, without its credentials. */
function jsonOf({ stage, pid, startedAt, endpoints, resources }: State): string {
  const told = {
    stage,
    pid,
    startedAt,
    endpoints,
    resources: Object.keys(resources).length,
    stateDir: upFolder,
  };
  return `${JSON.stringify(told)}\n`;
}

async function start(datasets: readonly string[], { json }: { json?: true }): Promise<void> {
  const say = sayer();
  // Before the synthesis, which takes longer to say so.
  for (const name of datasets) await datasetNamed(name);
  const cdkOut = await ensureSynthesised({ log: say, datasets });
  const inputs = await inputsOf(cdkOut);
  const present = await runningState(upFolder);
  if (present !== undefined) {
    if ((await readFile(inputsFile, 'utf8').catch(() => '')) === inputs) {
      if (json === true) process.stdout.write(jsonOf(present));
      process.stderr.write(`already ${describe(present)}`);
      return;
    }
    say('the templates have changed since the run was started: starting it anew, its data is kept');
    await stopRun(upFolder);
  }
  const { result, interrupted } = await uninterrupted(say, () =>
    launch({ stateDir: upFolder, cdkOut, stage: 'dev', toolchain: readToolchain(), log: say }),
  );
  if (interrupted) {
    await stopRun(upFolder);
    process.exitCode = exitCodes.interrupted;
    return;
  }
  await writeFile(inputsFile, inputs);
  if (json === true) process.stdout.write(jsonOf(result));
  process.stderr.write(describe(result));
}

export function register(program: Command): void {
  program
    .command('up')
    .description('start the services, make the resources of the templates, start the jobs')
    .argument('[datasets...]', 'run these alone; each runs a Spark driver (default: all)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nMILLRACE_SECRET_NAME holds the secret of a REST source: MILLRACE_SECRET_A_B that of `a/b`. A source is polled\nwhere `sources` of stage dev in lib/stages.ts names it: DATASET/SOURCE.',
    )
    .action(start);
}
