import { Argument, type Command } from 'commander';
import { datasetNamed } from '../../lib/datasets/index.ts';
import { MillraceError } from '../../lib/errors.ts';
import { exitCodes } from '../setup/exit-codes.js';
import { auditPlacesOf } from './audit/places.ts';
import { notPartOfRun } from './audit/refusal.ts';
import { positiveNumber } from './option-values.ts';
import type { Asked } from './pipeline/step.ts';
import { demandReader, type Mode, modes, type Taken, take } from './pipeline/steps.ts';
import { day } from './quarantine/asking.ts';
import { type Days, daysOf } from './remake/days.ts';
import { type StagePlace, stagePlace } from './stage-place.ts';

const WAIT_SECONDS = 600;

interface Options extends Partial<Days> {
  readonly wait: number;
  readonly stage?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('pipeline')
    .description(
      'take a dataset one step further, or all the way: extract imports files, transform waits until they are in ' +
        'silver (and computes the windows of the days again), load computes gold, visualize writes the report; ' +
        'each is safe to run again',
    )
    .addArgument(new Argument('<mode>', 'the step').choices(modes))
    .argument('<dataset>', 'name of the dataset')
    .argument('[files...]', "what extract imports (default: the dataset's sample files)")
    .option('--from <day>', 'from this day on (UTC, of the partition time)', day)
    .option('--to <day>', 'up to this day', day)
    .option('--wait <seconds>', 'how long transform waits for silver', positiveNumber, WAIT_SECONDS)
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print JSON')
    .action(action);
}

async function action(mode: Mode, name: string, files: readonly string[], options: Options): Promise<void> {
  const days = daysOf(options);
  demandReader(mode, files);
  const { manifest } = await datasetNamed(name);
  const place = await stagePlace(options.stage, 'MR851');
  try {
    const standing = await standingPlace(place, name);
    const asked: Asked = { place, standing, manifest, files, days, waitSeconds: options.wait };
    const say = (text: string) => process.stdout.write(text);
    const taken = await take(mode, asked, options.json === true ? () => undefined : say);
    if (options.json === true) say(`${jsonOf(mode, asked, taken)}\n`);
    if (taken.failure !== undefined) throw taken.failure.error;
    if (taken.reports.some(({ rejected }) => Number(rejected) > 0)) process.exitCode = exitCodes.rejected;
  } finally {
    place.close();
  }
}

/** @throws MillraceError MR608: the dataset is not part of the local run */
async function standingPlace(place: StagePlace, dataset: string): Promise<Asked['standing']> {
  const [standing] = (await auditPlacesOf(place, dataset)).places;
  if (standing === undefined) throw notPartOfRun(dataset);
  return standing;
}

/** What was done, also where a step failed. */
function jsonOf(mode: Mode, { manifest, place, days }: Asked, { reports, failure }: Taken): string {
  return JSON.stringify({
    mode,
    dataset: manifest.dataset,
    stage: place.stage,
    from: days?.from ?? null,
    to: days?.to ?? null,
    steps: reports,
    failed: failure === undefined ? null : { step: failure.step, ...errorOf(failure.error) },
  });
}

function errorOf(error: unknown): { readonly code: string | null; readonly what: string } {
  if (error instanceof MillraceError) return { code: error.code, what: error.message };
  return { code: null, what: error instanceof Error ? error.message : String(error) };
}
