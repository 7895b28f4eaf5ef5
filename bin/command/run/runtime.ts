import { MillraceError } from '../../../lib/errors.ts';
import { type Stage, stageNames, stageOf } from '../../../lib/stages.ts';

type Runtime = Stage['jobs']['runtime']['kind'];

/** What a stage's settings run Spark jobs on; undefined of a stage that has none here. */
export function runtimeOf(stage: string): Runtime | undefined {
  return stageNames.some((name) => name === stage) ? stageOf(stage).jobs.runtime.kind : undefined;
}

export interface WantedJob {
  readonly stage: string;
  /** Kind, or whole name. */
  readonly job: string;
  readonly dataset: string | undefined;
}

/**
 * EMR Serverless has no jobs that a command could name: what runs there stands in the schedules, which only EventBridge
 * tells. @throws MillraceError MR823 for a stage that runs its jobs there
 */
export function demandJobs(runtime: Runtime | undefined, { stage, job, dataset }: WantedJob): void {
  if (runtime !== 'emr-serverless') return;
  const prefix = `millrace-${stage}-`;
  const name = job.startsWith(prefix) ? job : `${prefix}${dataset ?? 'DATASET'}-${job}`;
  throw new MillraceError(
    'MR823',
    `stage ${stage} runs its jobs on EMR Serverless, which has no job to start`,
    {
      where: name,
      mend: `have keep-alive start it: aws scheduler get-schedule --name ${name} --query Target.Input --output text > plan.json; aws lambda invoke --function-name ${prefix}keep-alive --cli-binary-format raw-in-base64-out --payload file://plan.json answer.json; arguments of that run alone: docs/operations.md, "On EMR Serverless"`,
    },
  );
}
