import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { datasetNamed } from '../../lib/datasets/index.ts';
import { deployedAthena, localAthena } from './athena/place.ts';
import { day } from './quarantine/asking.ts';
import { someDays } from './report/days.ts';
import { reported } from './report/reported.ts';
import { millraceFolder, running } from './running.ts';

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly output?: string;
  readonly stage?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('report')
    .description(
      'run the named queries of a dataset and draw what they answer: SVG, CSV, JSON and one page of all',
    )
    .argument('<dataset>', 'name of the dataset')
    .option('--from <day>', 'of rows from this day on (UTC, of the partition time)', day)
    .option('--to <day>', 'of rows up to this day', day)
    .option('--output <dir>', 'folder of the files (default: .millrace/reports/DATASET)')
    .option('--stage <stage>', 'query a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print JSON')
    .action(action);
}

async function action(name: string, { from, to, output, stage, json }: Options): Promise<void> {
  const days = someDays({ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
  const { manifest } = await datasetNamed(name);
  const { place, of } = await placeOf(stage);
  const folder = output === undefined ? reportFolder(name) : resolve(output);
  try {
    const report = await reported({ place, stage: of, manifest, folder, days });
    process.stdout.write(
      json === true ? `${JSON.stringify(report)}\n` : `${join(report.folder, 'index.html')}\n`,
    );
  } finally {
    place.athena.destroy();
  }
}

/** Where a dataset's report is written unless the user names a folder. */
export function reportFolder(dataset: string): string {
  return join(millraceFolder, 'reports', dataset);
}

async function placeOf(stage: string | undefined) {
  if (stage !== undefined) return { place: deployedAthena(stage), of: stage };
  const { state } = await running('MR869');
  return { place: localAthena(state), of: state.stage };
}
