import { datasetNamed } from '../../../lib/datasets/index.ts';
import { demandJobs, runtimeOf } from '../run/runtime.ts';
import { stagePlace } from '../stage-place.ts';
import type { Days, RemakeOptions } from './days.ts';
import { only, type RemakeJob, runRemake } from './job.ts';

/** What tells one of rebuild, backfill and rerun from the others. */
export interface Remaking<Report extends object> {
  /** Checks the days that are asked for. */
  readonly days: (named: Partial<Days>) => Days | undefined;
  readonly remake: NonNullable<RemakeJob['remake']>;
  /** Name of the progress object that is the report. */
  readonly reports: string;
  /** The report in words. */
  readonly text: (dataset: string, report: Report) => string;
  /** The gold of these days is computed too; its reports come as `gold`. */
  readonly gold?: true;
}

/** The action of the command. It throws MR131 for a dataset that is none, MR863 where no stage runs, MR823, and as runRemake. */
export function remaking<Report extends object>({ days, remake, reports, text, gold }: Remaking<Report>) {
  return async (dataset: string, options: RemakeOptions): Promise<void> => {
    const asked = days(options);
    await datasetNamed(dataset);
    const { stage } = options;
    if (stage !== undefined) demandJobs(runtimeOf(stage), { stage, job: 'rebuild', dataset });
    const place = await stagePlace(stage, 'MR863');
    try {
      const job = { place, dataset, days: asked };
      const made = only<Report>(await runRemake({ ...job, kind: 'rebuild', remake, reports }), reports);
      // Afterwards, since some of gold is made of windows.
      const report = gold
        ? { ...made, gold: await runRemake({ ...job, kind: 'gold', reports: 'gold' }) }
        : made;
      process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : text(dataset, report));
    } finally {
      place.close();
    }
  };
}
