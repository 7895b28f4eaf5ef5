import { join, relative } from 'node:path';
import type { Audit, DatasetAudit } from '../../../lambdas/audit/equation.ts';
import { rowObjects } from '../../../lambdas/shared/athena/values.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { referencesOf } from '../../../lib/datasets/references.ts';
import { MillraceError } from '../../../lib/errors.ts';
import type { State } from '../../../localstack/state.ts';
import { localAthena } from '../athena/place.ts';
import { tableText } from '../athena/table.ts';
import { auditAll } from '../audit/all.ts';
import { type AuditPlaces, auditPlaces } from '../audit/places.ts';
import { auditText } from '../audit/print.ts';
import { notThrough } from '../audit/refusal.ts';
import { waitUntilThrough } from '../audit/waiting.ts';
import { reportFolder } from '../dataset-report.ts';
import { type Imported, importFiles } from '../import/importing.ts';
import { openProducer } from '../producer/producer.ts';
import { thousands } from '../progress-line.ts';
import { answersOf, writeReport } from '../report/dataset-report.ts';
import { running } from '../running.ts';
import { localPlace } from '../stage-place.ts';
import { placeOf } from './flow.ts';
import { lastRuns } from './last-runs.ts';
import { sampleFilesOf } from './sample-files.ts';
import { reachedAfter } from './samples.ts';
import type { Steps } from './steps.ts';
import { watching } from './watching.ts';

export interface ImportFlowOptions {
  readonly manifests: readonly Manifest[];
  /** Of a run that is up. */
  readonly stateDir: string;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

/** What a demo found out of one dataset whose sample files were imported. */
export interface ImportOutcome {
  readonly rows: number;
  readonly events: number;
  readonly rejected: number;
  /** From the first row sent to the last acknowledged. */
  readonly importSeconds: number;
  /** From the first row sent to the last in silver. */
  readonly silverSeconds: number;
  /** From then until every gold model had seen all of silver. */
  readonly goldSeconds: number;
  /** Of all named queries, charts and pages. */
  readonly reportSeconds: number;
  /** Folder of the report. */
  readonly report: string;
}

export interface ImportsOutcome {
  readonly audit: Audit;
  readonly datasets: Readonly<Record<string, ImportOutcome>>;
}

/** What a wait may take beside one second for so many rows, which is far below the slowest machine's rate. */
const LEAST_WAIT_SECONDS = 300;
const SLOWEST_PER_SECOND = 500;

/**
 * Imports the sample files of each dataset, waits until all is through, draws what the named queries answer, audits.
 * @throws MillraceError MR602 (not through in time), MR604 (other counts than were sent), MR610 (a file not imported)
 */
export async function importFlow(options: ImportFlowOptions): Promise<ImportsOutcome> {
  const { manifests, stateDir, steps } = options;
  const { state } = await running('MR600', stateDir);
  const places = await auditPlaces(state);
  try {
    const datasets: Record<string, ImportOutcome> = {};
    for (const manifest of manifests)
      datasets[manifest.dataset] = await one(manifest, state, places, options);
    const audit = await steps.time('audit', () => auditAll(places, false));
    steps.say('the audit:');
    process.stdout.write(`${auditText(audit)}\n`);
    for (const [name, sent] of Object.entries(datasets)) demandImported(name, sent, audit.datasets[name]);
    return { audit, datasets };
  } finally {
    await places.close();
  }
}

async function one(
  manifest: Manifest,
  state: State,
  places: AuditPlaces,
  { stateDir, steps, signal }: ImportFlowOptions,
): Promise<ImportOutcome> {
  const { say, time } = steps;
  const { dataset } = manifest;
  const files = await sampleFilesOf(manifest, stateDir);
  const place = placeOf(places, manifest);
  const stage = localPlace(state, stateDir);
  const begunMs = performance.now();
  const secondsOf = () => (performance.now() - begunMs) / 1000;
  say(
    `importing ${files.map((file) => relative(process.cwd(), file)).join(', ')} into ${manifest.topic.name}`,
  );
  const watch = watching(place);
  try {
    const imported = await time(`import ${dataset}`, () =>
      importAll(manifest, files, state, stateDir, signal, watch.produced),
    );
    signal.throwIfAborted();
    const sum = (count: 'rows' | 'events' | 'rejected') =>
      imported.reduce((total, file) => total + file[count], 0);
    const importSeconds = secondsOf();
    const sent = sum('events') + sum('rejected');
    watch.end(`${thousands(sum('rows'))} rows read, ${thousands(sent)} records acknowledged (${dataset})`);
    const seconds = LEAST_WAIT_SECONDS + sent / SLOWEST_PER_SECOND;
    const followed = lastRuns(stage, manifest, say);
    const missing = await time(`through ${dataset}`, () =>
      waitUntilThrough([place], {
        seconds,
        signal,
        onLook: (name, standing, words) => {
          watch.missing(name, standing, words);
          followed(name, standing);
        },
      }),
    );
    signal.throwIfAborted();
    if (missing.length > 0) throw notThrough(missing, seconds);
    await watch.stop();
    const goldSeconds = secondsOf();
    const silverSeconds = reachedAfter(watch.samples, 'silver', sent) ?? goldSeconds;
    watch.end(`all of ${dataset} is through silver, quarantine, gold and a sweep`);

    const report = await time(`report ${dataset}`, () => reported(manifest, state));
    say(`report of ${dataset}: ${join(report, 'index.html')}`);
    return {
      rows: sum('rows'),
      events: sum('events'),
      rejected: sum('rejected'),
      importSeconds: rounded(importSeconds),
      silverSeconds: rounded(silverSeconds),
      goldSeconds: rounded(goldSeconds - silverSeconds),
      reportSeconds: rounded(secondsOf() - goldSeconds),
      report,
    };
  } finally {
    await watch.stop();
    stage.close();
  }
}

const rounded = (seconds: number): number => Math.round(10 * seconds) / 10;

async function importAll(
  manifest: Manifest,
  files: readonly string[],
  state: State,
  stateDir: string,
  signal: AbortSignal,
  onSent: (records: number, share: number | null) => void,
): Promise<readonly Imported[]> {
  const references = await referencesOf(manifest);
  const producer = await openProducer({ brokers: [state.endpoints.kafka], topic: manifest.topic.name });
  try {
    const imported = await importFiles({
      manifest,
      references,
      files,
      producer,
      stateDir,
      signal,
      onProgress: ({ acknowledged, share }) => onSent(acknowledged, share),
    });
    const broken = imported.find(({ error }) => error !== undefined);
    if (broken?.error !== undefined)
      throw new MillraceError(
        'MR610',
        `a sample file was not imported: ${broken.error.code} ${broken.error.what}`,
        {
          where: broken.error.where,
          mend: broken.error.mend,
        },
      );
    return imported;
  } finally {
    await producer.close();
  }
}

/** Runs the named queries and writes their report. @returns its folder */
async function reported(manifest: Manifest, state: State): Promise<string> {
  const { dataset, description } = manifest;
  const athena = localAthena(state);
  try {
    const answers = await answersOf(athena, manifest);
    const folder = reportFolder(dataset);
    await writeReport(
      folder,
      { dataset, description, stage: state.stage, generatedAt: new Date().toISOString() },
      answers,
    );
    const summary = answers.find(({ query }) => query.kind === 'summary');
    const [row] = summary === undefined ? [] : rowObjects(summary.rows, summary.columns);
    if (row !== undefined) {
      const columns = ['figure', 'value'].map((name) => ({ name, type: 'varchar' }));
      const rows = Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]);
      process.stdout.write(`${dataset}\n${tableText(columns, rows)}\n`);
    }
    return relative(process.cwd(), folder);
  } finally {
    athena.athena.destroy();
  }
}

/** @throws MillraceError MR604: the lake does not hold what was sent */
function demandImported(dataset: string, sent: ImportOutcome, audit: DatasetAudit | undefined): void {
  const found = {
    positions: audit?.positions,
    'not quarantined':
      audit === undefined ? undefined : audit.silver + audit.identicalDuplicates + audit.superseded,
  };
  const wanted = { positions: sent.events + sent.rejected, 'not quarantined': sent.events };
  const faults = Object.entries(wanted).flatMap(([name, count]) => {
    const had = found[name as keyof typeof found];
    return had === count ? [] : [`${name}: ${count} were sent, ${had} found`];
  });
  if (faults.length === 0) return;
  throw new MillraceError(
    'MR604',
    `the lake does not hold what was sent to ${dataset}:\n  ${faults.join('\n  ')}`,
    {
      where: 'the audit against the import',
      mend: 'run `npm run demo -- --keep` and look into the logs of the folder that it names',
    },
  );
}
