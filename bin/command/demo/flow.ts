import { join } from 'node:path';
import type { AuditPlace } from '../../../lambdas/audit/dataset-audit.ts';
import { rowsOf } from '../../../lambdas/shared/athena/execution.ts';
import { rowObjects } from '../../../lambdas/shared/athena/values.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { foldersOf } from '../../../localstack/state.ts';
import { namedQuery } from '../athena/named-query.ts';
import { localAthena } from '../athena/place.ts';
import { tableText } from '../athena/table.ts';
import { auditAll } from '../audit/all.ts';
import { type AuditPlaces, auditPlaces } from '../audit/places.ts';
import { auditText } from '../audit/print.ts';
import { notThrough } from '../audit/refusal.ts';
import { waitUntilThrough } from '../audit/waiting.ts';
import { produce } from '../production.ts';
import { thousands } from '../progress-line.ts';
import { running } from '../running.ts';
import { localPlace } from '../stage-place.ts';
import { type Kill, startChaos } from './chaos/chaos.ts';
import { chaosLook } from './chaos/look.ts';
import { demandExpected } from './expectation.ts';
import { lastRuns } from './last-runs.ts';
import type { Outcome, Throughput } from './outcome.ts';
import { reachedAfter } from './samples.ts';
import { tableSize } from './silver-files.ts';
import { busyRate } from './silver-log.ts';
import type { Steps } from './steps.ts';
import { watching } from './watching.ts';

export interface FlowOptions {
  readonly manifest: Manifest;
  /** Of a run that is up. */
  readonly stateDir: string;
  readonly events: number;
  readonly seed: number;
  readonly steps: Steps;
  readonly signal: AbortSignal;
  /** Kill each part once meanwhile. */
  readonly chaos: boolean;
}

/** What a wait may take beside one second for so many events, which is far below the slowest machine's rate. */
const LEAST_WAIT_SECONDS = 300;
const SLOWEST_PER_SECOND = 1_000;

/**
 * Produces, waits until all is through, asks the named query, audits; results go to stdout, progress to stderr.
 * @throws MillraceError MR602 (not through in time), MR604 (other counts than were sent)
 */
export async function flow(options: FlowOptions): Promise<Outcome> {
  const { manifest, stateDir, events, seed, steps, signal } = options;
  const { say, time, timings } = steps;
  const { state } = await running('MR600', stateDir);
  const [model] = manifest.gold;
  if (model === undefined) throw new Error('a dataset with a gold model');
  const stage = localPlace(state, stateDir);
  const places = await auditPlaces(state);
  let kills: readonly Kill[] = [];
  try {
    say(
      `producing ${thousands(events)} events and what goes wrong on top to ${manifest.topic.name}, seed ${seed}`,
    );
    const place = placeOf(places, manifest);
    const watch = watching(place);
    const chaos = options.chaos
      ? startChaos({
          stage: state.stage,
          dataset: manifest.dataset,
          events,
          records: foldersOf(stateDir).processes,
          look: () => chaosLook(place, watch.acknowledged()),
          say,
          signal,
        })
      : undefined;
    const through = time('through', async () => {
      const { ledger } = await time('produce', () =>
        produce({
          manifest,
          source: { kind: 'simulator', seed, events },
          brokers: [state.endpoints.kafka],
          stateDir,
          rate: null,
          signal,
          onProgress: watch.produced,
          ...(chaos === undefined ? {} : { hold: chaos.hold }),
        }),
      );
      signal.throwIfAborted();
      watch.end(
        `${thousands(ledger.records)} records produced, ${perSecond(ledger.records, ledger.seconds)}`,
      );
      const seconds = LEAST_WAIT_SECONDS + ledger.records / SLOWEST_PER_SECOND;
      const followed = lastRuns(stage, manifest, say);
      const missing = await waitUntilThrough(places.places, {
        seconds,
        signal,
        onLook: (dataset, standing, words) => {
          watch.missing(dataset, standing, words);
          followed(dataset, standing);
        },
      });
      signal.throwIfAborted();
      if (missing.length > 0) throw notThrough(missing, seconds);
      kills = (await chaos?.end()) ?? [];
      return ledger;
    });
    const ledger = await through.finally(watch.stop);
    const { expected } = ledger;
    if (expected === null) throw new Error('the simulator knows what it sent');
    watch.end('all is through silver, quarantine, gold and a sweep');

    const { athena, workGroup, database } = localAthena(state);
    const answer = await time('query', async () => {
      const { sql } = await namedQuery(athena, workGroup, model.name);
      return rowsOf(athena, { sql, workGroup, database });
    });
    say(`${model.name}, from silver, in ${answer.seconds.toFixed(2)} s:`);
    process.stdout.write(`${tableText(answer.columns, answer.rows)}\n`);
    athena.destroy();

    const audit = await time('audit', () => auditAll(places, false));
    say('the audit:');
    process.stdout.write(`${auditText(audit)}\n`);
    const found = audit.datasets[manifest.dataset];
    if (found !== undefined) demandExpected(expected, found);

    const silver = await tableSize(state, database, manifest.tables.silver);
    const after = (part: 'landed' | 'silver') =>
      reachedAfter(watch.samples, part, ledger.records) ?? Infinity;
    const throughput: Throughput = {
      producePerSecond: Math.round(ledger.records / Math.max(ledger.seconds, 0.001)),
      landPerSecond: Math.round(ledger.records / after('landed')),
      silverPerSecond: Math.round(ledger.records / after('silver')),
      silverBusyPerSecond: Math.round(await busyRate(join(stateDir, 'logs'), manifest.dataset)),
      querySeconds: answer.seconds,
      queryScannedBytes: answer.scannedBytes,
      silverBytesPerEvent: Math.round((10 * silver.bytes) / Math.max(1, silver.records)) / 10,
    };
    return {
      dataset: manifest.dataset,
      seed,
      model,
      rows: rowObjects(answer.rows, answer.columns),
      audit,
      expected,
      samples: watch.samples,
      silver,
      timings,
      throughput,
      chaos: kills,
      finishedAt: new Date().toISOString(),
    };
  } finally {
    stage.close();
    await places.close();
  }
}

/** What the audit reads of one dataset of the run. */
export function placeOf({ places }: AuditPlaces, { dataset }: Manifest): AuditPlace {
  const place = places.find(({ manifest }) => manifest.dataset === dataset);
  if (place === undefined) throw new Error('a dataset of the run');
  return place;
}

function perSecond(count: number, seconds: number): string {
  return `${thousands(count / Math.max(seconds, 0.001))} a second`;
}
