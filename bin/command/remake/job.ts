import { MillraceError } from '../../../lib/errors.ts';
import { progressLine } from '../progress-line.ts';
import { jobsOf, type StageJob } from '../run/job-name.ts';
import { runJob } from '../run/job-run.ts';
import { type Reported, reportedBy } from '../run/reported.ts';
import type { StagePlace } from '../stage-place.ts';
import type { Days } from './days.ts';

export interface RemakeJob {
  readonly place: StagePlace;
  readonly dataset: string;
  /** Of job. */
  readonly kind: 'rebuild' | 'gold';
  readonly days: Days | undefined;
  /** Of the rebuild job. */
  readonly remake?: 'silver' | 'backfill' | 'windows';
  /** Names of the progress objects that the run writes begin so. */
  readonly reports: string;
}

/**
 * Runs the job to its end; what it wrote down of itself, by object.
 * @throws MillraceError MR840: the stage has no such job; MR842 as `millrace run`; MR861: the run failed
 */
export async function runRemake(options: RemakeJob): Promise<Reported> {
  const { place, dataset, kind, days, remake, reports } = options;
  const job = jobOf(await jobsOf(place.jobs, place.stage), kind, dataset, place.stage);
  const line = progressLine();
  const { run } = await runJob({
    glue: place.jobs,
    jobName: job.name,
    arguments: {
      ...(days === undefined ? {} : { '--from': days.from, '--to': days.to }),
      ...(remake === undefined ? {} : { '--remake': remake }),
    },
    ...(place.local === undefined ? { pollMs: 3_000 } : {}),
    onLook: (text, seconds) => line.show(() => `${job.name}: ${text}, ${Math.round(seconds)} s`),
  });
  line.end(`${job.name}: ${run.JobRunState}, ${run.ExecutionTime ?? 0} s (run ${run.Id})`);
  if (run.JobRunState !== 'SUCCEEDED') {
    throw new MillraceError('MR861', `${job.name}: ${run.ErrorMessage ?? run.JobRunState}`, {
      where: `run ${run.Id}`,
      mend: 'do what the error says; it is safe to run it again',
    });
  }
  return reportedBy(
    place.s3,
    await place.bucket('State'),
    { ...job, kind: reports },
    run.StartedOn ?? new Date(0),
  );
}

/** The job of that kind of the dataset. @throws MillraceError MR840: the stage has none */
export function jobOf(jobs: readonly StageJob[], kind: string, dataset: string, stage: string): StageJob {
  const job = jobs.find((one) => one.kind === kind && one.dataset === dataset);
  if (job !== undefined) return job;
  throw new MillraceError('MR840', `there is no job ${kind} of ${dataset}`, {
    where: `stage ${stage}`,
    mend: `deploy it: npx cdk deploy --all -c stage=${stage}; locally: npx millrace up`,
  });
}

/** The one report of a run. @throws MillraceError MR862: it wrote none */
export function only<Report>(reported: Reported, name: string): Report {
  const report = reported[name];
  if (report !== undefined) return report as Report;
  throw new MillraceError('MR862', 'the run ended well and left no report', {
    where: `progress object ${name}`,
    mend: 'see the log of the job; another run may be under way',
  });
}
