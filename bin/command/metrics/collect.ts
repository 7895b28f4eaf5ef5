import type { GlueClient } from '@aws-sdk/client-glue';
import { GetJobRunsCommand } from '@aws-sdk/client-glue';
import { readProgress, type SilverProgress } from '../../../lambdas/audit/lake-state.ts';
import { rowsOf } from '../../../lambdas/shared/athena/execution.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { type LastAudit, lastAudit } from '../audit/last.ts';
import { lagOf } from '../lag.ts';
import { countsSql } from '../quarantine/statements.ts';
import { jobsOf } from '../run/job-name.ts';
import { datasetsOf } from '../run-datasets.ts';
import type { StagePlace } from '../stage-place.ts';
import { type Batches, batchesOf } from './batches.ts';
import { type Counted, type Rates, ratesOf } from './rates.ts';
import { type TableFiles, tableFiles } from './table-sizes.ts';

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
  /** Records that are not in bronze, and not in silver, yet. */
  readonly toLand: number;
  readonly toSilver: number;
  /** Age of the last record in silver where others wait: the oldest of them has waited no longer. null: not known. */
  readonly silverBehindSeconds: number | null;
}

export interface JobState {
  readonly job: string;
  readonly state: string;
  readonly startedAt: string | null;
  readonly seconds: number | null;
  readonly error: string | null;
}

export interface DatasetMetrics {
  readonly dataset: string;
  readonly rates: Rates;
  readonly lag: readonly PartitionLag[];
  /** null before the first batch, and on AWS, where the job's log is not at hand. */
  readonly batches: Batches | null;
  /** Now minus the newest observed time in silver; null before the first batch. */
  readonly freshnessSeconds: number | null;
  /** Since silver's last commit. */
  readonly sinceCommitSeconds: number | null;
  readonly quarantined: Readonly<Record<string, number>>;
  /** What the scheduled audit last found; null before its first run. */
  readonly audit: LastAudit | null;
}

/** What operators watch, at one moment. */
export interface Metrics {
  readonly at: string;
  readonly stage: string;
  readonly datasets: readonly DatasetMetrics[];
  readonly tables: readonly TableFiles[];
  readonly jobs: readonly JobState[];
}

/** A look at the brokers. */
export async function counted(place: StagePlace): Promise<Counted> {
  return { atMs: Date.now(), lag: await lagOf(place) };
}

/** @param before an earlier look at the brokers, to tell rates by */
export async function collect(place: StagePlace, before: Counted, now: Counted): Promise<Metrics> {
  const manifests = await datasetsOf(place);
  const [datasets, tables, jobs] = await Promise.all([
    Promise.all(manifests.map((manifest) => datasetMetrics(place, manifest, before, now))),
    tableFiles(place.catalog, place.s3, place.athena.database),
    jobStates(place.jobs, place.stage),
  ]);
  return { at: new Date().toISOString(), stage: place.stage, datasets, tables, jobs };
}

async function datasetMetrics(
  place: StagePlace,
  manifest: Manifest,
  before: Counted,
  now: Counted,
): Promise<DatasetMetrics> {
  const { dataset } = manifest;
  const [{ silver }, quarantined, audit] = await Promise.all([
    readProgress(place.s3, await place.bucket('State'), manifest),
    quarantinedBy(place, manifest),
    lastAudit(place, manifest),
  ]);
  return {
    dataset,
    rates: ratesOf(dataset, before, now),
    lag: lagsOf(dataset, now, silver),
    batches: place.local === undefined ? null : await batchesOf(place.local.stateDir, dataset),
    freshnessSeconds: since(newestObservedMs(silver)),
    sinceCommitSeconds: since(silver?.committedAt === undefined ? undefined : Date.parse(silver.committedAt)),
    quarantined,
    audit,
  };
}

function lagsOf(dataset: string, { lag }: Counted, silver: SilverProgress | undefined): PartitionLag[] {
  return lag
    .filter((one) => one.dataset === dataset)
    .map((one) => {
      const toSilver = Math.max(0, one.end - one.silver);
      const last = silver?.partitions?.[String(one.partition)]?.maxKafkaTimeMs;
      return {
        topic: one.topic,
        partition: one.partition,
        end: one.end,
        toLand: Math.max(0, one.end - one.landed),
        toSilver,
        silverBehindSeconds: toSilver === 0 ? 0 : since(last ?? undefined),
      };
    });
}

function newestObservedMs(silver: SilverProgress | undefined): number | undefined {
  const times = Object.values(silver?.partitions ?? {}).flatMap(({ maxEventTimeMs }) => maxEventTimeMs ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

function since(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round((Date.now() - ms) / 100) / 10;
}

async function quarantinedBy(place: StagePlace, manifest: Manifest): Promise<Record<string, number>> {
  const { rows } = await rowsOf(place.athena.athena, { ...place.athena, sql: countsSql(manifest, {}) });
  const counts: Record<string, number> = {};
  for (const [reason, _path, _day, records] of rows) {
    counts[reason ?? ''] = (counts[reason ?? ''] ?? 0) + Number(records);
  }
  return counts;
}

/** Each job's last run. */
export async function jobStates(glue: GlueClient, stage: string): Promise<JobState[]> {
  const jobs = await jobsOf(glue, stage);
  return Promise.all(
    jobs.map(async ({ name }) => {
      const { JobRuns } = await glue.send(new GetJobRunsCommand({ JobName: name, MaxResults: 1 }));
      const [run] = JobRuns ?? [];
      return {
        job: name,
        state: run?.JobRunState ?? 'never run',
        startedAt: run?.StartedOn?.toISOString() ?? null,
        seconds: run?.ExecutionTime ?? null,
        error: run?.ErrorMessage ?? null,
      };
    }),
  );
}
