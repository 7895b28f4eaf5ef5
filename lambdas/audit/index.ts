import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { AthenaClient } from '@aws-sdk/client-athena';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import * as z from 'zod';
import { MillraceError } from '../../lib/errors.ts';
import { kafkaFunction } from '../shared/kafka-function.ts';
import { readManifest } from '../shared/read-manifest.ts';
import type { AuditPlace } from './dataset-audit.ts';
import { kafkaView } from './kafka.ts';
import type { AuditProgress } from './lake-state.ts';
import { auditMetrics } from './metrics.ts';
import { countOf } from './ranges.ts';
import { auditSince } from './scheduled.ts';
import { readSettings } from './settings.ts';

const settings = readSettings(process.env);
const logger = new Logger({ persistentLogAttributes: { dataset: settings.dataset } });
const metrics = new Metrics({ defaultDimensions: { dataset: settings.dataset } });

const place: AuditPlace = {
  ...settings,
  manifest: readManifest(settings.manifestPath),
  athena: new AthenaClient({}),
  s3: new S3Client({}),
  kafka: kafkaView(kafkaFunction(new LambdaClient({}), settings.stage)),
};

const instant = z.iso.datetime({ offset: true }).optional();
const request = z.object({ from: instant, to: instant });

function publish(found: AuditProgress | undefined): void {
  const count = (name: keyof typeof auditMetrics, value = 0) =>
    metrics.addMetric(auditMetrics[name], name === 'scanned' ? MetricUnit.Bytes : MetricUnit.Count, value);
  count('positions', found?.audit.positions);
  count('lost', found?.audit.lost);
  count('duplicated', found?.audit.duplicated);
  count('disagreed', found?.audit.disagreed);
  count('failed', found?.audit.failed);
  count('notInBronze', found === undefined ? 0 : found.audit.positions - found.audit.bronzePositions);
  const { unverifiable = [], unread = [] } = found?.gaps ?? {};
  count('unverifiable', countOf([...unverifiable, ...unread]));
  count('underWay', found?.inFlight);
  count('scanned', found?.scannedBytes);
}

async function handle(event: unknown): Promise<AuditProgress | null> {
  const read = request.safeParse(event ?? {});
  if (!read.success) {
    throw new MillraceError('MR607', `not a request: ${z.prettifyError(read.error)}`, {
      where: 'the audit function',
      mend: 'invoke it with {}, or with `from` and `to` as instants of ISO 8601',
    });
  }
  const { from, to } = read.data;
  const found = await auditSince(place, {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
  publish(found);
  if (found === undefined) {
    logger.info('nothing new to audit');
    return null;
  }
  // Positions and counts: never the content of a record, and an identity is content.
  const { gaps, ...told } = found;
  const { duplicated: _, ...ranges } = gaps;
  if (found.sound) logger.info('sound', { ...told });
  else logger.error('the promise is broken', { ...told, ranges });
  return found;
}

/** Audits what Kafka took since the last audit, and the open breaches: progress/DATASET/audit.json tells, and metrics. */
export const handler = middy<unknown, AuditProgress | null>()
  .use(injectLambdaContext(logger, { logEvent: false }))
  .use(logMetrics(metrics))
  .handler(handle);
