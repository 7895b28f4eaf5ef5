import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import type { Decision } from './decision.ts';
import { emrServerlessRuntime } from './emr-serverless.ts';
import { glueRuntime } from './glue.ts';
import { type Kept, keep } from './keep.ts';
import { streamMetrics } from './metrics.ts';
import { type JobPlan, readPlan } from './plan.ts';
import type { Runtime } from './run.ts';

const logger = new Logger();
const metrics = new Metrics();
const s3 = new S3Client({});
const glue = new GlueClient({});
const emr = new EMRServerlessClient({});

const runtimes: Readonly<Record<JobPlan['runtime'], (plan: JobPlan) => Runtime>> = {
  glue: (plan) => glueRuntime(glue, plan),
  'emr-serverless': (plan) => emrServerlessRuntime(emr, plan),
};

function publish({ job, keep: kept }: JobPlan, { failures, down, refusal, act }: Decision): void {
  if (kept === 'once') return;
  metrics.addDimension('job', job);
  metrics.addMetric(streamMetrics.down, MetricUnit.Count, down ? 1 : 0);
  metrics.addMetric(streamMetrics.restarts, MetricUnit.Count, act === 'start' && failures > 0 ? 1 : 0);
  if (refusal === undefined) return;
  metrics
    .singleMetric()
    .addDimension('job', job)
    .addDimension('code', refusal.code)
    .addMetric(streamMetrics.refused, MetricUnit.Count, 1);
}

function tell({ job, release }: JobPlan, { decision, started }: Kept): void {
  const { refusal, ...told } = decision;
  const facts = { job, release, ...told, ...(started === undefined ? {} : { started }) };
  if (refusal !== undefined)
    logger.error('the stream cannot go on before it is mended', { ...facts, ...refusal });
  else if (decision.act === 'stop') logger.warn('stopped, since it did not end by itself', facts);
  else if (decision.down) logger.warn('the stream is down', facts);
  else logger.info('looked', facts);
}

async function handle(event: unknown): Promise<Kept> {
  const plan = readPlan(event);
  const kept = await keep(plan, runtimes[plan.runtime](plan), s3, Date.now());
  publish(plan, kept.decision);
  tell(plan, kept);
  return kept;
}

/** Keeps one job as its plan says: starts it where it does not run, and has a run of another release end. */
export const handler = middy<unknown, Kept>()
  .use(injectLambdaContext(logger, { logEvent: false }))
  .use(logMetrics(metrics))
  .handler(handle);
