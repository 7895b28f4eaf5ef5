import { type GlueClient, paginateListJobs } from '@aws-sdk/client-glue';
import { MillraceError } from '../../../lib/errors.ts';

/** A job of a stage, as its name tells: `millrace-STAGE-DATASET-KIND`. */
export interface StageJob {
  readonly name: string;
  readonly dataset: string;
  readonly kind: string;
}

/** The jobs of a stage, as Glue lists them. */
export async function jobsOf(glue: GlueClient, stage: string): Promise<StageJob[]> {
  const names: string[] = [];
  for await (const { JobNames } of paginateListJobs({ client: glue }, {})) names.push(...(JobNames ?? []));
  return names.flatMap((name) => jobNamed(name, stage) ?? []).sort((a, b) => a.name.localeCompare(b.name));
}

/** What a job's name says; undefined for a job of another stage, or that is not ours. */
export function jobNamed(name: string, stage: string): StageJob | undefined {
  const prefix = `millrace-${stage}-`;
  const found = name.startsWith(prefix) ? /^(.+)-([^-]+)$/.exec(name.slice(prefix.length)) : null;
  return found === null ? undefined : { name, dataset: found[1] ?? '', kind: found[2] ?? '' };
}

/**
 * The one job that is meant by a kind (and a dataset, where several have the kind), or by its whole name.
 * @throws MillraceError MR840: none, or more than one
 */
export function chosenJob(jobs: readonly StageJob[], wanted: string, dataset: string | undefined): StageJob {
  const found = jobs.filter(
    (job) =>
      (job.kind === wanted || job.name === wanted) && (dataset === undefined || job.dataset === dataset),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const of = dataset === undefined ? '' : ` of dataset ${dataset}`;
  const [what, choice] =
    only === undefined
      ? [`there is no job ${wanted}${of}`, jobs.map(({ kind, dataset: one }) => `${kind} --dataset ${one}`)]
      : [`several datasets have a job ${wanted}`, found.map((job) => `--dataset ${job.dataset}`)];
  throw new MillraceError('MR840', what, {
    where: 'millrace run',
    mend: choice.length === 0 ? 'deploy the jobs first' : `name one of: ${choice.join(', ')}`,
  });
}
