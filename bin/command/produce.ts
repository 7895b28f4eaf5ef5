import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { datasetNamed } from '../../lib/datasets/index.ts';
import { MillraceError } from '../../lib/errors.ts';
import { exitCodes } from '../setup/exit-codes.js';
import { positiveNumber, wholeNumber } from './option-values.ts';
import { produce, type Source } from './production.ts';
import { progressLine, shareText, thousands } from './progress-line.ts';
import { millraceFolder } from './running.ts';
import { stagePlace } from './stage-place.ts';

interface Options {
  readonly events?: number;
  readonly rate?: number;
  readonly seed?: number;
  readonly file?: string;
  readonly stage?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('produce')
    .description('send records to a dataset')
    .argument('<dataset>', 'name of the dataset')
    .option('--events <n>', 'distinct valid events (default: without end, until Ctrl-C)', wholeNumber(0))
    .option(
      '--rate <r>',
      'records a second (default: as fast as possible with --events or --file, else the declared rate)',
      positiveNumber,
    )
    .option('--seed <s>', 'makes a run repeatable on the same day (default: drawn)', wholeNumber(0))
    .option('--file <file>', 'send raw record values, one a line, bytes as they are')
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print the ledger as JSON')
    .action(action);
}

async function action(name: string, options: Options): Promise<void> {
  const { manifest } = await datasetNamed(name);
  const source = sourceOf(options);
  const place = await stagePlace(options.stage, 'MR500');
  const { local } = place;
  const endless = source.kind === 'simulator' && source.events === null;
  const rate = options.rate ?? (endless ? manifest.declaredEventsPerSecond : null);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  if (source.kind === 'simulator') {
    const many =
      source.events === null ? 'events until Ctrl-C' : `${thousands(source.events)} distinct events`;
    process.stderr.write(`producing ${many} to ${manifest.topic.name}, seed ${source.seed}\n`);
  }
  const line = progressLine();
  const begunMs = performance.now();
  let retries = 0;
  try {
    const { ledger, file } = await produce({
      manifest,
      source,
      // The brokers themselves where they can be reached: that is ten times as fast.
      brokers: local === undefined ? place.kafka : [local.state.endpoints.kafka],
      stateDir: local?.stateDir ?? join(millraceFolder, `stage-${place.stage}`),
      rate,
      signal: stop.signal,
      onProgress: (records, share) => {
        const seconds = (performance.now() - begunMs) / 1000;
        const rateText = `${thousands(records)} records acknowledged, ${thousands(records / seconds)} a second`;
        line.show(() => [rateText, shareText(share, seconds)].filter((text) => text !== '').join(', '));
      },
      onRetry: (reason) => {
        // The first few are the broker's own start: it says so, and answers a moment later.
        retries += 1;
        if (retries % 10 === 5) process.stderr.write(`waiting for the broker: ${reason}\n`);
      },
    });
    const perSecond = ledger.records / Math.max(ledger.seconds, 0.001);
    line.end(
      `${thousands(ledger.records)} records acknowledged in ${ledger.seconds.toFixed(1)} s, ${thousands(perSecond)} a second; ledger: ${relative(process.cwd(), file)}`,
    );
    if (options.json === true) process.stdout.write(`${JSON.stringify(ledger)}\n`);
    if (stop.signal.aborted && !endless) process.exitCode = exitCodes.interrupted;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    place.close();
  }
}

function sourceOf({ events, seed, file }: Options): Source {
  if (file === undefined) {
    return { kind: 'simulator', seed: seed ?? Date.now() % 1_000_000_000, events: events ?? null };
  }
  if (events !== undefined || seed !== undefined) {
    throw new MillraceError(
      'MR506',
      '--file sends what the file holds: --events and --seed do not go with it',
      {
        where: 'millrace produce',
        mend: 'leave out --file, or --events and --seed',
      },
    );
  }
  return { kind: 'file', file };
}
