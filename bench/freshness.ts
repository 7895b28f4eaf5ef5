/**
 * From produced to visible, at 1,000 events a second.
 *
 * A whole local run with all its jobs, side by side on the machine. Simulated events of this moment (what goes wrong included)
 * are produced at 1,000 a second; after a warm-up, those of 90 seconds count. Each counts from the call that sends it to
 *   bronze  the first listing of the bucket that shows an object with its offset (listed four times a second)
 *   silver  the commit of the snapshot of the micro-batch that read it, by Iceberg's own clock
 *   window  the first commit to the window table after that one
 * Every record counts, each by itself; percentiles are by nearest rank.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { openProducer, type Producer } from '../bin/command/producer/producer.ts';
import { pump } from '../bin/command/producer/pump.ts';
import { bucketOf } from '../bin/command/running.ts';
import { simulatorOf } from '../lambdas/simulate/choice.ts';
import { endlessPlan } from '../lambdas/simulate/plan.ts';
import { run } from '../lambdas/simulate/run.ts';
import type { Manifest } from '../lib/contract/manifest.ts';
import { MillraceError } from '../lib/errors.ts';
import { delays, type Seen, type Sent } from './arrivals.ts';
import type { Benchmark } from './bench.ts';
import { type Lab, openLab } from './lab.ts';
import type { Figure } from './result.ts';
import { snapshots } from './snapshots.ts';
import { percentile } from './statistics.ts';

const RATE = 1_000;
const COUNTED_MS = 90_000;
/** After the first micro-batch, which starts the JVM's work. */
const WARM_UP_MS = 20_000;
const WITHIN_MS = 180_000;
const LIST_EVERY_MS = 250;

/** What the producer sent, by the moment of the call. */
function noting(producer: Producer, sent: Sent[]): Producer {
  return {
    ...producer,
    async send(records) {
      const sentMs = Date.now();
      const acknowledged = await producer.send(records);
      for (const { partition, baseOffset, count } of acknowledged) {
        sent.push({ partition, first: baseOffset, count, sentMs });
      }
      return acknowledged;
    },
  };
}

async function produce(lab: Lab, manifest: Manifest, sent: Sent[], signal: AbortSignal): Promise<void> {
  const producer = await openProducer({ brokers: [lab.state.endpoints.kafka], topic: manifest.topic.name });
  try {
    const plan = endlessPlan({ seed: 1, nowMs: Date.now(), partitions: producer.partitions });
    const { messages } = run(manifest, await simulatorOf(manifest, plan.seed), plan);
    const { maxMessageBytes } = manifest.topic;
    await pump(noting(producer, sent), messages, { rate: RATE, maxMessageBytes, signal });
  } finally {
    await producer.close();
  }
}

/** Objects of bronze as they appear: their names say which offsets they hold. */
async function watchBronze(lab: Lab, manifest: Manifest, seen: Seen[], signal: AbortSignal): Promise<void> {
  const known = new Set<string>();
  const place = { Bucket: bucketOf(lab.state, 'Bronze'), Prefix: `${manifest.dataset}/` };
  while (!signal.aborted) {
    for await (const page of paginateListObjectsV2({ client: lab.s3 }, place)) {
      for (const { Key: key = '' } of page.Contents ?? []) {
        const range = /-(\d+)-(\d{20})-(\d{20})\.parquet$/.exec(key);
        if (known.has(key) || range === null) continue;
        known.add(key);
        const [partition = 0, first = 0, last = 0] = range.slice(1).map(Number);
        seen.push({ partition, first, last, seenMs: Date.now() });
      }
    }
    await sleep(LIST_EVERY_MS);
  }
}

interface SilverBatch {
  readonly offsets: Readonly<Record<string, readonly [number, number]>>;
  readonly snapshotId: number;
}

/** The micro-batches that the silver job has told of so far. */
async function silverBatches(lab: Lab, manifest: Manifest): Promise<SilverBatch[]> {
  const file = join(
    lab.local.folders.logs,
    `spark-millrace-${lab.state.stage}-${manifest.dataset}-silver.log`,
  );
  const log = await readFile(file, 'utf8').catch(() => '');
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{"time"') || !line.includes('"event": "batch"') || !line.endsWith('}')) return [];
    const { offsets, silverSnapshotId }: { offsets: SilverBatch['offsets']; silverSnapshotId: string } =
      JSON.parse(line);
    return [{ offsets, snapshotId: Number(silverSnapshotId) }];
  });
}

async function until(
  done: () => Promise<boolean> | boolean,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(500)) {
    signal.throwIfAborted();
    if (await done()) return;
  }
  throw new MillraceError('MR905', `${what}: not within ${WITHIN_MS / 1000} s`, {
    where: 'the benchmark freshness',
    mend: 'measure on a machine that nothing else loads',
  });
}

/** What each micro-batch made visible in silver, and in a window table after it. */
async function seenInTables(lab: Lab, manifest: Manifest): Promise<{ silver: Seen[]; window: Seen[] }> {
  const database = `millrace_${lab.state.stage}`;
  const commits = new Map(
    (await snapshots(lab, database, manifest.tables.silver)).map(({ id, committedMs }) => [id, committedMs]),
  );
  const [first] = manifest.windows;
  const computed = first === undefined ? [] : await snapshots(lab, database, first.name);
  const silver: Seen[] = [];
  const window: Seen[] = [];
  for (const { offsets, snapshotId } of await silverBatches(lab, manifest)) {
    const committedMs = commits.get(snapshotId);
    if (committedMs === undefined) continue;
    const next = computed.find((snapshot) => snapshot.committedMs >= committedMs)?.committedMs;
    for (const [partition, [from, end]] of Object.entries(offsets)) {
      const range = { partition: Number(partition), first: from, last: end - 1 };
      silver.push({ ...range, seenMs: committedMs });
      if (next !== undefined) window.push({ ...range, seenMs: next });
    }
  }
  return { silver, window };
}

/** True once silver and bronze have everything that was sent. */
async function through(lab: Lab, manifest: Manifest, sent: readonly Sent[], bronze: readonly Seen[]) {
  const silver = await silverBatches(lab, manifest);
  return Object.entries(Object.groupBy(sent, ({ partition }) => partition)).every(([partition, list]) => {
    const last = Math.max(...(list ?? []).map(({ first, count }) => first + count - 1));
    return (
      silver.some(({ offsets }) => (offsets[partition]?.[1] ?? 0) > last) &&
      bronze.some((one) => one.partition === Number(partition) && one.last >= last)
    );
  });
}

async function measured(lab: Lab, manifest: Manifest, signal: AbortSignal) {
  const sent: Sent[] = [];
  const bronze: Seen[] = [];
  const ending = new AbortController();
  const watching = watchBronze(lab, manifest, bronze, ending.signal);
  const producing = new AbortController();
  const production = produce(lab, manifest, sent, producing.signal);
  // Met again below; until then a failure is not unhandled.
  for (const one of [watching, production]) one.catch(() => undefined);
  try {
    lab.say('waiting for the first micro-batch');
    await until(async () => (await silverBatches(lab, manifest)).length > 0, 'the first micro-batch', signal);
    await sleep(WARM_UP_MS, undefined, { signal });
    lab.say(`counting ${COUNTED_MS / 1000} s`);
    const fromMs = Date.now();
    await sleep(COUNTED_MS, undefined, { signal });
    producing.abort();
    await production;
    await until(() => through(lab, manifest, sent, bronze), 'everything in bronze and silver', signal);
    const { silver, window } = await seenInTables(lab, manifest);
    return { sent: sent.filter(({ sentMs }) => sentMs >= fromMs), bronze, silver, window };
  } finally {
    producing.abort();
    ending.abort();
    await Promise.allSettled([production, watching]);
  }
}

export const freshness: Benchmark = {
  title: `From produced to visible, at ${RATE.toLocaleString('en-US')} events a second`,
  async run(bench) {
    await bench.release();
    const lab = await openLab({ jobs: true, say: bench.say, datasets: [bench.manifest.dataset] });
    try {
      const { sent, ...places } = await measured(lab, bench.manifest, bench.signal);
      const events = sent.reduce((sum, { count }) => sum + count, 0);
      const figures: Figure[] = [{ what: 'events counted', value: events, unit: '' }];
      for (const [place, seen] of Object.entries(places)) {
        const found = delays(sent, seen);
        for (const percent of [50, 95, 99]) {
          figures.push({
            what: `${place}, p${percent}`,
            value: percentile(found, percent),
            unit: 's',
            ...(place === 'silver' && percent === 95 ? { aim: '10 s' } : {}),
          });
        }
        figures.push({ what: `${place}, not seen`, value: events - found.length, unit: '' });
      }
      return { figures, details: { ratePerSecond: RATE, countedSeconds: COUNTED_MS / 1000 } };
    } finally {
      await lab.close();
    }
  },
};
