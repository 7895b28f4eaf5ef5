import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import type { MSKEvent } from 'aws-lambda';
import type { Verdict } from '../../lib/contract/manifest.ts';
import { readManifest } from '../shared/read-manifest.ts';
import { type Landed, land } from './landing.ts';
import { landingMetrics, verdictMetrics } from './metrics.ts';
import { readSettings } from './settings.ts';
import { compileTabulate } from './table.ts';

/** What an MSK event source mapping with ReportBatchItemFailures takes: the lowest failed offset of each partition. */
export interface PartialResponse {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: { readonly partition: string; readonly offset: number };
  }[];
}

const settings = readSettings(process.env);
const logger = new Logger({ persistentLogAttributes: { dataset: settings.dataset } });
const metrics = new Metrics({ defaultDimensions: { dataset: settings.dataset } });
// Three attempts of at most 10 s each end before the function's own time-out: a store that hangs is then reported as a
// partition to be sent again, not as a function that was killed.
const s3 = new S3Client({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 },
});

const landing = {
  ...settings,
  tabulate: compileTabulate(readManifest(settings.manifestPath)),
  put: async (bucket: string, key: string, body: Uint8Array): Promise<void> => {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: 'application/vnd.apache.parquet',
      }),
    );
  },
};

function publish(landed: Landed, milliseconds: number): void {
  metrics.addMetric(landingMetrics.records, MetricUnit.Count, landed.records);
  metrics.addMetric(landingMetrics.bytes, MetricUnit.Bytes, landed.bytes);
  metrics.addMetric(landingMetrics.objects, MetricUnit.Count, landed.objects);
  metrics.addMetric(landingMetrics.failedPartitions, MetricUnit.Count, landed.failures.length);
  metrics.addMetric(landingMetrics.milliseconds, MetricUnit.Milliseconds, milliseconds);
  for (const [verdict, count] of Object.entries(landed.verdicts)) {
    metrics.addMetric(verdictMetrics[verdict as Verdict], MetricUnit.Count, count);
  }
}

/** Never the content of a record: counts, positions and errors of the store only. */
function report(landed: Landed, milliseconds: number): void {
  const { failures, ...counts } = landed;
  for (const { partition, offset, cause } of failures) {
    logger.error('partition not written, to be sent again', { partition, offset, error: cause as Error });
  }
  logger.info('landed', { ...counts, milliseconds });
}

async function handle(event: MSKEvent): Promise<PartialResponse> {
  const start = performance.now();
  const landed = await land(landing, event);
  const milliseconds = Math.round(performance.now() - start);
  publish(landed, milliseconds);
  report(landed, milliseconds);
  return {
    batchItemFailures: landed.failures.map(({ partition, offset }) => ({
      itemIdentifier: { partition, offset },
    })),
  };
}

/**
 * Lands a batch of Kafka records in bronze and quarantine. Answers with the partitions to be sent again; throws
 * (a function error) only where the store took nothing.
 */
export const handler = middy<MSKEvent, PartialResponse>()
  .use(injectLambdaContext(logger, { logEvent: false }))
  .use(logMetrics(metrics))
  .handler(handle);
