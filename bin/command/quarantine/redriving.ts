import type { Manifest, Reason } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { exitCodes } from '../../setup/exit-codes.js';
import { progressLine, thousands } from '../progress-line.ts';
import { type StagePlace, stagePlace } from '../stage-place.ts';
import { type CommonOptions, type DaysOptions, manifestOf, manifests, selectionOf } from './asking.ts';
import { type Landed, redriveFailed } from './failed.ts';
import { positionOf } from './record.ts';
import { type Redriven, redrive } from './redrive.ts';

interface Options extends CommonOptions, DaysOptions {
  readonly reason?: readonly (Reason | 'failed')[];
  readonly position?: string;
  readonly dryRun?: true;
}

/** What became of a dataset; `failed` null: not asked for. */
interface Outcome extends Redriven {
  readonly dryRun: boolean;
  readonly failed: Landed | null;
}

/** `millrace quarantine redrive`. @throws MillraceError MR711, MR712, MR714-MR718 */
export async function redriving(options: Options): Promise<void> {
  const { position, dataset, reason, from, to } = options;
  if (reason?.includes('failed') === true && (position ?? from ?? to) !== undefined) throw wholeBatches();
  if (position !== undefined) positionOf(position);
  const place = await stagePlace(options.stage, 'MR710');
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const outcomes: Record<string, Outcome> = {};
    const meant =
      position === undefined ? await manifests(place, dataset) : [await manifestOf(place, position, dataset)];
    for (const manifest of meant) {
      outcomes[manifest.dataset] = await redriveOne(place, manifest, options, stop.signal);
    }
    if (options.json === true) process.stdout.write(`${JSON.stringify(outcomes)}\n`);
    if (stop.signal.aborted) process.exitCode = exitCodes.interrupted;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    place.close();
  }
}

async function redriveOne(
  place: StagePlace,
  manifest: Manifest,
  options: Options,
  signal: AbortSignal,
): Promise<Outcome> {
  const { position, reason, dryRun = false } = options;
  const reasons = reason?.filter((one) => one !== 'failed');
  const line = progressLine();
  const common = { dryRun, signal };
  const quarantined: Redriven =
    reasons?.length === 0
      ? { records: 0, reasons: {} }
      : await redrive(place, manifest, {
          ...common,
          selection: selectionOf(options, reasons),
          ...(position === undefined ? {} : { position: positionOf(position) }),
          onProgress: (done, of) =>
            line.show(
              () => `${manifest.dataset}: ${thousands(done)} of ${thousands(of)} records acknowledged`,
            ),
        });
  const failed =
    reason?.includes('failed') === true
      ? await redriveFailed(place, manifest, {
          ...common,
          onProgress: (done) =>
            line.show(() => `${manifest.dataset}: ${thousands(done)} failed records landed`),
        })
      : null;
  const outcome = { dryRun, ...quarantined, failed };
  line.end(`${manifest.dataset}: ${outcomeText(outcome)}`);
  return outcome;
}

function outcomeText({ dryRun, records, reasons, failed }: Outcome): string {
  const would = dryRun ? 'to be ' : '';
  const counts = Object.entries(reasons).map(([reason, count]) => `${thousands(count)} ${reason}`);
  const parts = [
    ...(records === 0 ? [] : [`${thousands(records)} records ${would}sent again (${counts.join(', ')})`]),
    ...(failed === null || failed.records === 0
      ? []
      : [
          `${thousands(failed.records)} failed records in ${thousands(failed.batches)} batches ${would}landed`,
        ]),
  ];
  return parts.length === 0 ? 'nothing to redrive' : parts.join('; ');
}

function wholeBatches(): MillraceError {
  return new MillraceError('MR715', '--reason failed goes without --position, --from and --to', {
    where: 'millrace quarantine redrive',
    mend: 'failed records are landed in the whole batches that Lambda gave up: leave the others out',
  });
}
