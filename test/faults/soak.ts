/**
 * `npm run faults -- soak`: many events over ten event-days at full speed, with compaction on. Watches what must stay
 * bounded: the stream's state store (it keeps none), the memory of its processes, files and snapshots of the tables.
 */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { auditDataset } from '../../lambdas/audit/dataset-audit.ts';
import { breaches, summed } from '../../lambdas/audit/equation.ts';
import { prefixesOf } from '../../lib/constructs/locations.ts';
import { runBatch } from './harness/gold.ts';
import { type Lab, openLab } from './harness/lab.ts';
import { pidOf, settled } from './harness/parts.ts';
import { residentBytes } from './harness/processes.ts';
import { send, simulated } from './harness/records.ts';
import { writeSoak } from './report.ts';

export interface SoakOptions {
  readonly dataset: string;
  readonly seed: number;
  readonly events: number;
  readonly keep: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** At one event-day's end. */
export interface SoakSample {
  readonly records: number;
  /** Of the driver, its JVM and Python workers. */
  readonly driverMiB: number;
  readonly landingMiB: number;
  readonly brokerMiB: number;
  /** Objects under the checkpoint's `state`: a state store. */
  readonly stateObjects: number;
  readonly checkpointObjects: number;
  readonly progressBytes: number;
  /** Data files of silver, and of bronze. */
  readonly silverObjects: number;
  readonly bronzeObjects: number;
}

const DAYS = 10;
const DAY_MS = 86_400_000;

async function objects(lab: Lab, bucket: string, prefix: string): Promise<{ count: number; bytes: number }> {
  let [count, bytes] = [0, 0];
  let token: string | undefined;
  do {
    const answer = await lab.s3.send(
      new ListObjectsV2Command({ Bucket: lab.bucket(bucket), Prefix: prefix, ContinuationToken: token }),
    );
    for (const { Size = 0 } of answer.Contents ?? []) {
      count += 1;
      bytes += Size;
    }
    token = answer.NextContinuationToken;
  } while (token !== undefined);
  return { count, bytes };
}

async function sample(lab: Lab, records: number): Promise<SoakSample> {
  const prefixes = prefixesOf(lab.dataset.manifest);
  const mebibytes = async (part: Parameters<typeof pidOf>[1]) =>
    Math.round((await residentBytes(await pidOf(lab, part))) / 2 ** 20);
  const count = async (bucket: string, prefix: string) => (await objects(lab, bucket, prefix)).count;
  return {
    records,
    driverMiB: await mebibytes('driver'),
    landingMiB: await mebibytes('landing'),
    brokerMiB: await mebibytes('broker'),
    stateObjects: await count('State', `${prefixes.checkpoint}state/`),
    checkpointObjects: await count('State', prefixes.checkpoint),
    progressBytes: (await objects(lab, 'State', prefixes.progress)).bytes,
    silverObjects: await count('Lake', `${prefixes.silver}data/`),
    bronzeObjects: await count('Bronze', prefixes.bronze),
  };
}

/** What grows that must not, in words. The first third is warming up. */
export function growth(samples: readonly SoakSample[]): string[] {
  const third = Math.floor(samples.length / 3);
  const mean = (part: readonly SoakSample[], of: (one: SoakSample) => number) =>
    part.reduce((sum, one) => sum + of(one), 0) / Math.max(1, part.length);
  const [before, after] = [samples.slice(third, 2 * third), samples.slice(-third)];
  const grows = (['driverMiB', 'landingMiB', 'progressBytes'] as const).flatMap((name) => {
    const [one, other] = [mean(before, (sample) => sample[name]), mean(after, (sample) => sample[name])];
    return other > GROWTH * one ? [`${name} grows: ${one.toFixed(0)}, then ${other.toFixed(0)}`] : [];
  });
  const most = Math.max(0, ...samples.map(({ checkpointObjects }) => checkpointObjects));
  const checkpoint = most > CHECKPOINT_OBJECTS ? [`the checkpoint has ${most} objects`] : [];
  const state = samples.some(({ stateObjects }) => stateObjects > 0) ? ['there is a state store'] : [];
  const perDay = samples.map(({ silverObjects }, day) => silverObjects / (day + 1));
  const files = perDay.some((count) => count > FILES_A_DAY)
    ? [`silver has ${perDay.at(-1)} files a day`]
    : [];
  return [...grows, ...checkpoint, ...state, ...files];
}

/** Between two thirds of the soak; a JVM's heap breathes. */
const GROWTH = 1.25;
/** Spark keeps the offsets and the commits of 100 micro-batches (spark.sql.streaming.minBatchesToRetain). */
const CHECKPOINT_OBJECTS = 220;
/** Of silver after maintenance, those of expired snapshots not yet deleted included. */
const FILES_A_DAY = 60;

/** @returns the exit code */
export async function soak({ dataset, seed, events, keep, say, signal }: SoakOptions): Promise<number> {
  const takenAt = new Date().toISOString();
  const begunMs = performance.now();
  const lab = await openLab({ dataset, say, maxOffsets: 200_000, triggerSeconds: 5 });
  try {
    const samples: SoakSample[] = [];
    const wanted = { positions: 0, silver: 0, identicalDuplicates: 0 };
    const first = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAYS * DAY_MS;
    const ofDay = Math.floor(events / DAYS);
    for (let day = 0; day < DAYS; day += 1) {
      signal.throwIfAborted();
      const { messages, expected } = await simulated(lab, {
        seed: seed * 1_000 + day,
        events: ofDay,
        startMs: first + day * DAY_MS,
        intervalMs: Math.floor(DAY_MS / ofDay),
      });
      await send(lab, messages);
      const { records, distinct, identicalDuplicates } = expected();
      wanted.positions += records;
      wanted.silver += distinct;
      wanted.identicalDuplicates += identicalDuplicates;
      await settled(lab, 600_000);
      for (const kind of ['sweep', 'gold', 'maintain']) await runBatch(lab, kind);
      samples.push(await sample(lab, wanted.positions));
      say(`day ${day + 1} of ${DAYS}: ${JSON.stringify(samples.at(-1))}`);
    }
    const { audit } = await auditDataset(lab.audit, { whole: true });
    const differing = (Object.keys(wanted) as (keyof typeof wanted)[]).flatMap((name) =>
      audit[name] === wanted[name] ? [] : [`${name} ${audit[name]}, sent were ${wanted[name]}`],
    );
    const faults = [...breaches(summed({ [lab.dataset.name]: audit })), ...differing, ...growth(samples)];
    const seconds = Math.round((performance.now() - begunMs) / 1000);
    const { lost, duplicated, disagreed } = audit;
    process.stdout.write(
      `${faults.length === 0 ? 'ok    ' : 'FAILED'} soak ${wanted.positions} records, lost ${lost}, duplicated ${duplicated}, disagreed ${disagreed}, ${seconds} s\n${faults.join('\n')}\n`,
    );
    if (faults.length === 0) await writeSoak({ takenAt, seconds, seed, events, samples });
    return faults.length === 0 ? 0 : 1;
  } finally {
    await lab.close(keep);
  }
}
