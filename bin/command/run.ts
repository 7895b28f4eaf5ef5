import { type Command, InvalidArgumentError } from 'commander';
import { MillraceError } from '../../lib/errors.ts';
import { progressLine } from './progress-line.ts';
import { chosenJob, jobsOf, type StageJob } from './run/job-name.ts';
import { type JobEnd, runJob } from './run/job-run.ts';
import { type Reported, reportedBy } from './run/reported.ts';
import { demandJobs, runtimeOf } from './run/runtime.ts';
import { stagePlace } from './stage-place.ts';

interface Options {
  readonly dataset?: string;
  readonly arg: Readonly<Record<string, string>>;
  readonly stage?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('run')
    .description('start a job of a dataset through Glue, and wait for its end')
    .argument('<job>', 'its kind (silver, gold, sweep, ...) or its whole name')
    .option('--dataset <name>', 'whose job, where several datasets have one of the kind')
    .option(
      '--arg <name=value>',
      "an argument for this run alone, over the job's own; may be repeated",
      argument,
      {},
    )
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print JSON')
    .action(action);
}

/** Collects `--arg name=value`, as Glue names arguments: with two dashes. */
export function argument(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^(?:--)?([\w-]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('expected NAME=VALUE');
  return { ...before, [`--${name}`]: value };
}

async function action(wanted: string, { dataset, arg, stage, json }: Options): Promise<void> {
  if (stage !== undefined) demandJobs(runtimeOf(stage), { stage, job: wanted, dataset });
  const place = await stagePlace(stage, 'MR841');
  try {
    const job = chosenJob(await jobsOf(place.jobs, place.stage), wanted, dataset);
    const line = progressLine();
    const end = await runJob({
      glue: place.jobs,
      jobName: job.name,
      arguments: arg,
      ...(stage === undefined ? {} : { pollMs: 3_000 }),
      onLook: (text, seconds) => line.show(() => `${job.name}: ${text}, ${Math.round(seconds)} s`),
    });
    const { run } = end;
    const seconds = run.ExecutionTime ?? 0;
    line.end(`${job.name}: ${run.JobRunState}${end.streams ? '' : `, ${seconds} s`} (run ${run.Id})`);
    const since = run.StartedOn ?? new Date(0);
    const reported = end.streams ? {} : await reportedBy(place.s3, await place.bucket('State'), job, since);
    process.stdout.write(json === true ? `${jsonOf(job, end, reported)}\n` : textOf(reported));
    if (!end.streams && run.JobRunState !== 'SUCCEEDED') throw failed(job, end);
  } finally {
    place.close();
  }
}

function jsonOf(job: StageJob, { run, streams }: JobEnd, reported: Reported): string {
  const { Id, JobRunState, ExecutionTime, StartedOn, CompletedOn, ErrorMessage = null } = run;
  return JSON.stringify({
    job: job.name,
    dataset: job.dataset,
    kind: job.kind,
    streams,
    runId: Id,
    state: JobRunState,
    startedAt: StartedOn?.toISOString(),
    completedAt: CompletedOn?.toISOString() ?? null,
    seconds: ExecutionTime,
    error: ErrorMessage,
    reported,
  });
}

function textOf(reported: Reported): string {
  return Object.entries(reported)
    .map(([name, facts]) => {
      const rows = Object.entries(facts).map(
        ([fact, value]) => `  ${fact}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`,
      );
      return `${name}\n${rows.join('')}`;
    })
    .join('');
}

function failed({ name }: StageJob, { run }: JobEnd): MillraceError {
  const state = run.JobRunState ?? '';
  return new MillraceError('MR843', `${name}: ${run.ErrorMessage ?? state}`, {
    where: `run ${run.Id}, ${state}`,
    mend: 'see its log: `npx millrace logs spark`, or on AWS the log group that the job names; it is safe to run it again',
  });
}
