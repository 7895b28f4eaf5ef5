/**
 * The flights of 2013 from their file to the last answer, on a local run whose parts share the machine: importer, Kafka,
 * landing and the silver query. Gold, which runs again and again by its schedule, is started when silver has everything.
 *
 * The run is up and the silver query waits for records before the import begins. From then on count
 *   import   until the broker has acknowledged the last record; in a process of its own, whose greatest memory is told
 *   silver   until the snapshot of silver that holds the last record was committed, by Iceberg's own clock
 *   windows  until the silver job has ended the micro-batch of the last record, windows and topics of results included
 * Then, one after the other, everything else being idle:
 *   gold     one run of the gold job over all days and models, the start of Spark included
 *   queries  all named queries through the Athena API, and their charts and pages
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { localAthena } from '../bin/command/athena/place.ts';
import { sampleFilesOf } from '../bin/command/demo/sample-files.ts';
import { tableSize } from '../bin/command/demo/silver-files.ts';
import { answersOf, writeReport } from '../bin/command/report/dataset-report.ts';
import { runJob } from '../bin/command/run/job-run.ts';
import { localPlace } from '../bin/command/stage-place.ts';
import type { Manifest } from '../lib/contract/manifest.ts';
import { datasetNamed } from '../lib/datasets/index.ts';
import { MillraceError } from '../lib/errors.ts';
import type { Bench, Benchmark } from './bench.ts';
import { type Lab, openLab } from './lab.ts';
import { snapshots } from './snapshots.ts';

const DATASET = 'flights';
const WITHIN_MS = 900_000;

interface Imported {
  readonly rows: number;
  readonly begunMs: number;
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly mostMemoryMiB: number;
}

interface SilverBatch {
  /** ISO 8601, UTC: when the micro-batch ended. */
  readonly time: string;
  readonly counts: { readonly records: number };
  readonly seconds: Readonly<Record<string, number>>;
  readonly totalSeconds: number;
}

async function silverLog(lab: Lab): Promise<string> {
  const name = `spark-millrace-${lab.state.stage}-${DATASET}-silver.log`;
  return readFile(join(lab.local.folders.logs, name), 'utf8').catch(() => '');
}

async function batches(lab: Lab): Promise<SilverBatch[]> {
  return (await silverLog(lab))
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"event": "batch"') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}

async function until(done: () => Promise<boolean>, what: string, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(500)) {
    signal.throwIfAborted();
    if (await done()) return;
  }
  throw new MillraceError('MR905', `${what}: not within ${WITHIN_MS / 1000} s`, {
    where: `the benchmark ${DATASET}`,
    mend: 'measure on a machine that nothing else loads',
  });
}

async function imported(lab: Lab, manifest: Manifest, signal: AbortSignal): Promise<Imported> {
  const files = await sampleFilesOf(manifest, lab.stateDir);
  const script = join(import.meta.dirname, 'importer.ts');
  const words = [script, DATASET, lab.state.endpoints.kafka, lab.stateDir, ...files];
  const { stdout } = await execa(process.execPath, words, { cancelSignal: signal });
  return JSON.parse(stdout);
}

const seconds = async <T>(task: () => Promise<T>): Promise<{ result: T; seconds: number }> => {
  const begunMs = performance.now();
  return { result: await task(), seconds: (performance.now() - begunMs) / 1000 };
};

async function measured(lab: Lab, manifest: Manifest, { signal, say }: Bench) {
  const place = localPlace(lab.state, lab.stateDir);
  const jobName = (kind: string): string => `millrace-${lab.state.stage}-${DATASET}-${kind}`;
  say('waiting for the silver query to be ready');
  await runJob({ glue: place.jobs, jobName: jobName('silver'), arguments: {} });
  await until(async () => (await silverLog(lab)).includes('"event": "started"'), 'the silver query', signal);
  await sleep(5_000);
  say('importing');
  const sent = await imported(lab, manifest, signal);
  const records = async () => (await batches(lab)).reduce((sum, { counts }) => sum + counts.records, 0);
  await until(async () => (await records()) >= sent.rows, 'everything in silver', signal);
  const done = await batches(lab);
  const committed = await snapshots(lab, `millrace_${lab.state.stage}`, manifest.tables.silver);
  const windowsMs = Date.parse(done.at(-1)?.time ?? '');

  const athena = localAthena(lab.state);
  try {
    say('gold, over all days');
    const gold = await seconds(() => runJob({ glue: place.jobs, jobName: jobName('gold'), arguments: {} }));
    say('the named queries');
    const queries = await seconds(() => answersOf(athena, manifest));
    const { dataset, description } = manifest;
    const facts = { dataset, description, stage: lab.state.stage, generatedAt: new Date().toISOString() };
    const drawn = await seconds(() => writeReport(join(lab.stateDir, 'report'), facts, queries.result));
    return {
      sent,
      batches: done,
      silverSeconds: ((committed.at(-1)?.committedMs ?? Number.NaN) - sent.begunMs) / 1000,
      windowsSeconds: (windowsMs - sent.begunMs) / 1000,
      goldSeconds: gold.seconds,
      goldState: gold.result.run.JobRunState,
      querySeconds: queries.seconds,
      drawSeconds: drawn.seconds,
    };
  } finally {
    place.close();
    athena.athena.destroy();
  }
}

export const flights: Benchmark = {
  title: 'The flights of 2013, from their file to the last answer',
  async run(bench) {
    await bench.release();
    const { manifest } = await datasetNamed(DATASET);
    const lab = await openLab({ jobs: false, say: bench.say, datasets: [DATASET] });
    try {
      const found = await measured(lab, manifest, bench);
      const { sent } = found;
      const sizes = await tableSize(lab.state, `millrace_${lab.state.stage}`, manifest.tables.silver);
      return {
        figures: [
          { what: 'flights', value: sent.rows, unit: '' },
          { what: 'import: read, map, send, acknowledged', value: sent.seconds, unit: 's' },
          {
            what: 'import, processor time of 1,000 flights',
            value: (1e6 * sent.processorSeconds) / sent.rows,
            unit: 'ms',
          },
          { what: 'import, greatest memory', value: sent.mostMemoryMiB, unit: 'MiB' },
          { what: 'first flight read to last in silver', value: found.silverSeconds, unit: 's', aim: '60' },
          { what: 'first flight read to last window and message', value: found.windowsSeconds, unit: 's' },
          {
            what: 'gold, all days and models, the start of Spark included',
            value: found.goldSeconds,
            unit: 's',
          },
          { what: 'all named queries', value: found.querySeconds, unit: 's' },
          {
            what: 'gold and all named queries',
            value: found.goldSeconds + found.querySeconds,
            unit: 's',
            aim: '60',
          },
          { what: 'charts and pages', value: found.drawSeconds, unit: 's' },
          { what: 'silver, files', value: sizes.files, unit: '' },
          { what: 'silver, a flight', value: sizes.bytes / sent.rows, unit: 'bytes' },
        ],
        details: found,
      };
    } finally {
      await lab.close();
    }
  },
};
