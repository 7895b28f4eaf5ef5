import { resolve } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { clusterConnection } from '../kafka-access/connection.ts';
import { openWriter, type TopicWriter } from '../kafka-access/topic-writer.ts';
import { demanded } from '../shared/demanded.ts';
import { readManifest } from '../shared/read-manifest.ts';
import { type PartialResponse, produce } from './producing.ts';

const demand = demanded(process.env, { name: 'the produce function', stack: 'Ingest' });
const settings = {
  dataset: demand('DATASET'),
  source: demand('SOURCE'),
  clusterArn: demand('CLUSTER_ARN'),
  region: demand('AWS_REGION'),
  manifestPath: resolve(process.env.LAMBDA_TASK_ROOT ?? '.', process.env.MANIFEST_PATH ?? 'manifest.json'),
};
const dimensions = { dataset: settings.dataset, source: settings.source };
const logger = new Logger({ persistentLogAttributes: dimensions });
const metrics = new Metrics({ defaultDimensions: dimensions });
const { topic } = readManifest(settings.manifestPath);

let opened: Promise<TopicWriter> | undefined;

const producing = {
  topic: topic.name,
  partitions: topic.partitions,
  /** Opened once in a process; anew after a failure. */
  writer: (): Promise<TopicWriter> => {
    opened ??= clusterConnection(settings.clusterArn, settings.region).then(openWriter);
    return opened;
  },
  discard: async (): Promise<void> => {
    const failed = opened;
    opened = undefined;
    await failed?.then((writer) => writer.close()).catch(() => undefined);
  },
};

async function handle(event: SQSEvent): Promise<PartialResponse> {
  const { failures, ...counts } = await produce(producing, event.Records);
  metrics.addMetric('ProducedRecords', MetricUnit.Count, counts.records);
  metrics.addMetric('FailedMessages', MetricUnit.Count, failures.length);
  // Never the content of a record.
  for (const { messageId, cause } of failures)
    logger.error('message not written, to be delivered again', { messageId, error: cause as Error });
  logger.info('produced', counts);
  return { batchItemFailures: failures.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** Writes what a source has sent to the queue to the dataset's topic; answers with the messages that failed. */
export const handler = middy<SQSEvent, PartialResponse>()
  .use(injectLambdaContext(logger, { logEvent: false }))
  .use(logMetrics(metrics))
  .handler(handle);
