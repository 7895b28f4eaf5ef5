/**
 * What keep-alive is told of a job: the whole `Input` of its schedule. So one function serves every job of a stage, and
 * `aws scheduler get-schedule --name JOB` shows what runs.
 */
import * as z from 'zod';
import { MillraceError } from '../../lib/errors.ts';

const texts = z.record(z.string(), z.string());
const text = z.string().min(1);

/** The parts of EMR Serverless' StartJobRun, under the service's own names; it knows no job of which they were a part. */
const emr = z.strictObject({
  applicationId: text,
  executionRoleArn: text,
  mode: z.enum(['BATCH', 'STREAMING']),
  executionTimeoutMinutes: z.int().min(0),
  retryPolicy: z.strictObject({
    /** Of a batch run; the first attempt counts. */
    maxAttempts: z.int().min(1).optional(),
    /** Of a stream, after which EMR itself gives the run up. */
    maxFailedAttemptsPerHour: z.int().min(1).max(10).optional(),
  }),
  jobDriver: z.strictObject({
    sparkSubmit: z.strictObject({ entryPoint: text, entryPointArguments: z.array(z.string()) }),
  }),
  configurationOverrides: z.strictObject({
    applicationConfiguration: z.array(z.strictObject({ classification: text, properties: texts })),
    monitoringConfiguration: z.strictObject({
      cloudWatchLoggingConfiguration: z.strictObject({
        enabled: z.literal(true),
        logGroupName: text,
      }),
      managedPersistenceMonitoringConfiguration: z.strictObject({ enabled: z.literal(false) }),
    }),
  }),
});

const jobPlan = z
  .strictObject({
    /** Physical name: `millrace-STAGE-DATASET-KIND`. */
    job: text,
    dataset: text,
    /** Name of the entry script. */
    kind: text,
    runtime: z.enum(['glue', 'emr-serverless']),
    /** `running`: started wherever it does not run. `once`: started now, unless it runs. */
    keep: z.enum(['running', 'once']),
    /** Hash of all that a run is made of: script, package, jars, arguments, settings, size. */
    release: z.string().regex(/^[0-9a-f]{16}$/),
    /** Least time between two starts of a stream that reads what is there and ends; 0 of one that runs on. */
    pauseSeconds: z.int().min(0),
    /** URI of the object that tells a running stream which release is wanted: see `Wanted`. */
    state: z.string().regex(/^s3:\/\/[^/]+\/.+$/),
    /** Of this run alone, over the job's own: `--name` -> value. */
    arguments: texts.default({}),
    emr: emr.optional(),
  })
  .refine(({ runtime, emr: request }) => (runtime === 'emr-serverless') === (request !== undefined), {
    path: ['emr'],
    message: 'must be there under emr-serverless, and under it alone',
  });

export type JobPlan = z.infer<typeof jobPlan>;
/** As the template writes it. */
export type JobPlanInput = z.input<typeof jobPlan>;
export type EmrRequest = z.infer<typeof emr>;

/** @throws MillraceError MR900 for an event that is no plan */
export function readPlan(event: unknown): JobPlan {
  const read = jobPlan.safeParse(event);
  if (read.success) return read.data;
  throw new MillraceError('MR900', `not the plan of a job: ${z.prettifyError(read.error)}`, {
    where: 'the keep-alive function',
    mend: "invoke it with the Input of the job's schedule: aws scheduler get-schedule --name JOB --query Target.Input",
  });
}

/** The object at `state`, JSON: the stream of any other release ends when its batch is done. */
export const wantedObject = z.object({
  release: z.string(),
  /** ISO 8601, UTC: since when it is wanted. */
  askedAt: z.iso.datetime({ offset: true }),
});

export type Wanted = z.infer<typeof wantedObject>;

/** Argument that a run learns its release by. */
export const RELEASE = '--release';
