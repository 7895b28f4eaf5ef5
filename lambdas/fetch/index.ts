import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { readManifest } from '../shared/read-manifest.ts';
import { mappedBy } from './mapped.ts';
import { pollMetrics } from './metrics.ts';
import { type Outcome, type Place, poll } from './poll.ts';
import { readReferences } from './references.ts';
import { readSettings, restSource } from './settings.ts';

/** Mean pause before the first retry, and the longest. */
const BASE_MS = 1_000;
const MOST_MS = 30_000;
/** Of the function's time, kept for what comes after the last answer: the queue and the cursor. */
const RESERVE_MS = 5_000;

const settings = readSettings(process.env);
const dimensions = { dataset: settings.dataset, source: settings.source };
const logger = new Logger({ persistentLogAttributes: dimensions });
const metrics = new Metrics({ defaultDimensions: dimensions });

const manifest = readManifest(settings.manifestPath);
const source = restSource(manifest, settings.source);
const place: Place = {
  manifest,
  source,
  map: mappedBy(source, readReferences(settings.referencesPath)),
  cursor: { s3: new S3Client({}), bucket: settings.stateBucket, key: settings.cursorKey },
  queueUrl: settings.queueUrl,
  sqs: new SQSClient({}),
  secrets: new SecretsManagerClient({}),
};

function publish(outcome: Outcome, milliseconds: number): void {
  const count = (name: string, value: number) => metrics.addMetric(name, MetricUnit.Count, value);
  count(pollMetrics.records, outcome.polled);
  count(pollMetrics.changed, outcome.changed);
  count(pollMetrics.unchanged, outcome.unchanged);
  count(pollMetrics.rejected, outcome.rejected);
  count(pollMetrics.pages, outcome.pages);
  count(pollMetrics.retries, outcome.retries);
  metrics.addMetric(pollMetrics.milliseconds, MetricUnit.Milliseconds, milliseconds);
}

async function handle(_event: unknown, context: Context): Promise<Outcome> {
  const start = performance.now();
  const patience = {
    retries: source.retries,
    baseMs: BASE_MS,
    mostMs: MOST_MS,
    deadlineMs: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS,
    nowMs: Date.now,
    random: Math.random,
    sleep: (ms: number) => sleep(ms),
  };
  const outcome = await poll(place, patience, (fault, waitMs) =>
    logger.warn('asked again after a pause', { fault, waitMs }),
  );
  const milliseconds = Math.round(performance.now() - start);
  publish(outcome, milliseconds);
  // Counts: never the content of a record, and never the secret.
  logger.info('polled', { ...outcome, milliseconds });
  return outcome;
}

/** Polls one REST source of a dataset: what is new or has changed goes to the queue. */
export const handler = middy<unknown, Outcome>()
  .use(injectLambdaContext(logger, { logEvent: false }))
  .use(logMetrics(metrics))
  .handler(handle);
