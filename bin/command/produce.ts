import { relative } from 'node:path';
import type { Command } from 'commander';
import { datasetNamed } from '../../lib/datasets/index.ts';
import { MillraceError } from '../../lib/errors.ts';
import { positiveNumber, wholeNumber } from './option-values.ts';
import { produce, type Source } from './production.ts';
import { progressLine, thousands } from './progress-line.ts';
import { running } from './running.ts';

interface Options {
  readonly events?: number;
  readonly rate?: number;
  readonly seed?: number;
  readonly file?: string;
}

export function register(program: Command): void {
  program
    .command('produce')
    .description('send records to a dataset of the local run')
    .argument('<dataset>', 'name of the dataset')
    .option('--events <n>', 'distinct valid events (default: without end, until Ctrl-C)', wholeNumber(0))
    .option(
      '--rate <r>',
      'records a second (default: as fast as possible with --events or --file, else the declared rate)',
      positiveNumber,
    )
    .option('--seed <s>', 'makes a run repeatable on the same day (default: drawn)', wholeNumber(0))
    .option('--file <file>', 'send raw record values, one a line, bytes as they are')
    .action(action);
}

async function action(name: string, options: Options): Promise<void> {
  const { manifest } = await datasetNamed(name);
  const source = sourceOf(options);
  const { state, stateDir } = await running('MR500');
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
      brokers: [state.endpoints.kafka],
      stateDir,
      rate,
      signal: stop.signal,
      onProgress: (records) => {
        const perSecond = (records * 1000) / (performance.now() - begunMs);
        line.show(() => `${thousands(records)} records acknowledged, ${thousands(perSecond)} a second`);
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
    if (stop.signal.aborted && !endless) process.exitCode = 130;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
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
