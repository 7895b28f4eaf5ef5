import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { collect, counted } from './metrics/collect.ts';
import { metricsText } from './metrics/print.ts';
import { stagePlace } from './stage-place.ts';

interface Options {
  readonly watch?: true;
  readonly stage?: string;
  readonly json?: true;
}

/** Rates are told between two looks so far apart. */
const BETWEEN_MS = 2_000;
const CLEAR_SCREEN = '\u001b[2J\u001b[H';

export function register(program: Command): void {
  program
    .command('metrics')
    .description('what operators watch: rates, lag, micro-batches, freshness, quarantine, tables, jobs')
    .option('--watch', 'go on until Ctrl-C, a look every few seconds')
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print JSON, one object a look')
    .action(action);
}

async function action({ watch, stage, json }: Options): Promise<void> {
  const place = await stagePlace(stage, 'MR720');
  const screen = watch === true && json !== true && process.stdout.isTTY === true;
  try {
    let before = await counted(place);
    do {
      await sleep(BETWEEN_MS);
      const now = await counted(place);
      const metrics = await collect(place, before, now);
      const text = json === true ? JSON.stringify(metrics) : metricsText(metrics);
      process.stdout.write(`${screen ? CLEAR_SCREEN : ''}${text}\n`);
      before = now;
    } while (watch === true);
  } finally {
    place.close();
  }
}
