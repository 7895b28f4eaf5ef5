import { InvalidArgumentError } from 'commander';
import { execute, rowsOf } from '../../../lambdas/shared/athena/execution.ts';
import { rowObjects } from '../../../lambdas/shared/athena/values.ts';
import type { Manifest, Reason } from '../../../lib/contract/manifest.ts';
import { datasetNamed } from '../../../lib/datasets/index.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { datasetsOf } from '../run-datasets.ts';
import type { StagePlace } from '../stage-place.ts';
import { positionOf } from './record.ts';
import type { Selection } from './statements.ts';

/** What every command of the quarantine takes. */
export interface CommonOptions {
  readonly dataset?: string;
  readonly stage?: string;
  readonly json?: true;
}

/** UTC days, of the Kafka timestamp, both inclusive. */
export interface DaysOptions {
  readonly from?: string;
  readonly to?: string;
}

export const REASONS: readonly Reason[] = ['unparseable', 'invalid', 'future', 'too-old', 'conflict'];

/** The manifest of one dataset, or of all that the place runs. */
export async function manifests(place: StagePlace, name: string | undefined): Promise<Manifest[]> {
  return name === undefined ? datasetsOf(place) : [(await datasetNamed(name)).manifest];
}

/** The manifest of the dataset, of those that the place runs, that a position is of. @throws MillraceError MR711, MR712 */
export async function manifestOf(
  place: StagePlace,
  text: string,
  dataset: string | undefined,
): Promise<Manifest> {
  const { topic } = positionOf(text);
  const candidates = (await manifests(place, dataset)).filter(
    (one) => topic === undefined || one.topic.name === topic,
  );
  const [manifest] = candidates;
  if (manifest === undefined || candidates.length > 1) throw whichDataset(text);
  return manifest;
}

/** A day as it is given to `--from` and `--to`. */
export function day(text: string): string {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes 2026-02-30 for March 2.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text))
    throw new InvalidArgumentError('expected YYYY-MM-DD');
  return text;
}

export function selectionOf({ from, to }: DaysOptions, reasons: readonly Reason[] | undefined): Selection {
  return {
    ...(reasons === undefined ? {} : { reasons }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

export function ask(place: StagePlace, sql: string) {
  return rowsOf(place.athena.athena, { ...place.athena, sql });
}

/** The rows of a statement as objects, page by page: there may be many. */
export async function* stream<Row>(place: StagePlace, sql: string): AsyncGenerator<Row> {
  const { pages, columns } = await execute(place.athena.athena, { ...place.athena, sql });
  for await (const page of pages) yield* rowObjects(page, columns) as Row[];
}

function whichDataset(text: string): MillraceError {
  return new MillraceError('MR712', `it is not clear which dataset ${text} is of`, {
    where: 'millrace quarantine',
    mend: 'name it with --dataset, or write TOPIC/PARTITION/OFFSET; `npx millrace datasets` lists them',
  });
}
