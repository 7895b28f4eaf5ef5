import type { Command } from 'commander';
import { datasetNamed } from '../../lib/datasets/index.ts';
import { exitCodes } from '../setup/exit-codes.js';
import type { Imported } from './import/importing.ts';
import { refusal } from './import/refusal.ts';
import { sendFiles } from './import/sending.ts';
import { fileSources } from './import/source.ts';
import { importedText } from './import/texts.ts';
import { interruptible } from './interruption.ts';
import { day } from './quarantine/asking.ts';
import { stagePlace } from './stage-place.ts';

interface Options {
  readonly source?: string;
  readonly from?: string;
  readonly to?: string;
  readonly again?: true;
  readonly stage?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('import')
    .description('send the rows of files to a dataset')
    .argument('<dataset>', 'name of the dataset')
    .argument('<file...>', 'CSV with a header, JSON, NDJSON or Parquet; plain, gzip or zip')
    .option('--again', 'send files that were imported before')
    .option('--from <day>', 'rows from this day on (UTC, of the partition time)', day)
    .option('--json', 'print JSON')
    .option('--source <name>', 'the source of the files (default: told by their columns)')
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--to <day>', 'rows up to this day', day)
    .action(action);
}

async function action(name: string, files: readonly string[], options: Options): Promise<void> {
  const { source, from, to, again = false } = options;
  if (from !== undefined && to !== undefined && from > to)
    throw refusal('rangeUnsound', '--from, --to', `no range of days: ${from} to ${to}`);
  const { manifest } = await datasetNamed(name);
  fileSources(manifest, source);
  const place = await stagePlace(options.stage, 'MR880');
  try {
    await interruptible(async (signal) => {
      const imported = await sendFiles(place, {
        manifest,
        files,
        again,
        signal,
        ...(source === undefined ? {} : { source }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
      const report = { dataset: name, topic: manifest.topic.name, files: imported };
      process.stdout.write(
        options.json === true ? `${JSON.stringify(report)}\n` : imported.map(importedText).join(''),
      );
      process.exitCode = exitCodeOf(imported, signal.aborted);
    });
  } finally {
    place.close();
  }
}

/** The gravest: a file that failed, an interruption, rows that were rejected. */
export function exitCodeOf(imported: readonly Imported[], interrupted: boolean): number {
  if (imported.some(({ end }) => end === 'failed')) return exitCodes.failed;
  if (interrupted) return exitCodes.interrupted;
  return imported.some(({ rejected }) => rejected > 0) ? exitCodes.rejected : exitCodes.ok;
}
