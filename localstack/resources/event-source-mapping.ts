import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { MillraceError } from '../../lib/errors.ts';
import { type Poller, type PollerOptions, startPoller } from '../lambda/poller.ts';
import type { JsonObject } from '../template/template.ts';
import { physicalUuid } from './naming.ts';
import { reader } from './properties.ts';
import { isQueueArn, queueMapping } from './queue-mapping.ts';
import type { Context, Provider } from './resource.ts';

/** All that the local poller honours, or need not: pollers are not scaled locally, and no metrics are gathered. */
const KNOWN = new Set([
  'AmazonManagedKafkaEventSourceConfig',
  'BatchSize',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'Enabled',
  'EventSourceArn',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumBatchingWindowInSeconds',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'MetricsConfig',
  'ProvisionedPollerConfig',
  'StartingPosition',
  'Tags',
  'Topics',
]);

const DEFAULT_BATCH_SIZE = 100;
/** A group whose member was killed lets nobody in until that member's session has timed out (see lambda/poller.ts). */
const JOIN_MS = 5_000;
const LATE = 'late';
const STOP_MS = 500;
/** Retries without end, records of any age. */
const NO_LIMIT = -1;

function refuse(what: string, where: string): MillraceError {
  return new MillraceError('MR405', what, {
    where,
    mend: 'see localstack/resources/event-source-mapping.ts',
  });
}

/** The bucket of an S3 on-failure destination. @throws MR405 for a destination of another kind */
function destinationBucket(properties: JsonObject, place: string): string | undefined {
  const read = reader(properties, place).inside('DestinationConfig').inside('OnFailure');
  const destination = read.optionalText('Destination');
  if (destination === undefined) return undefined;
  const bucket = /^arn:[^:]+:s3:::([^/]+)$/.exec(destination)?.[1];
  if (bucket === undefined)
    throw refuse(`an on-failure destination must be a bucket, not ${destination}`, place);
  return bucket;
}

function destination(
  context: Context,
  properties: JsonObject,
  place: string,
): Pick<PollerOptions, 'onFailure'> {
  const bucket = destinationBucket(properties, place);
  if (bucket === undefined) return {};
  const { s3 } = context.clients;
  const put = async (key: string, body: string): Promise<void> => {
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }),
    );
  };
  return { onFailure: { put } };
}

/** One that is not in its group yet has nothing to finish; it ends with the process. */
async function stopPoller(poller: Promise<Poller>): Promise<void> {
  const joined = await Promise.race([poller.catch(() => undefined), sleep(STOP_MS)]);
  await joined?.stop();
}

/** Of Kafka topics: a poller with the template's settings. */
const topicMapping: Provider = {
  needs: ['kafka', 's3'],
  async create(context, properties, logicalId) {
    const place = `${context.stack.id}/${logicalId}`;
    const unknown = Object.keys(properties).filter((name) => !KNOWN.has(name));
    if (unknown.length > 0) throw refuse(`the mirror does not know the setting ${unknown.join(', ')}`, place);

    const read = reader(properties, place);
    const id = physicalUuid(context.stack.name, logicalId);
    const name = read.text('FunctionName').split(':').at(-1) ?? '';
    const target = context.functions.get(name);
    if (target === undefined) throw refuse(`no template declares the function ${name}`, place);
    if (!read.flag('Enabled', true)) return { id, attributes: { Id: id } };

    const logFile = join(context.local.folders.logs, `poller-${name}.log`);
    const poller = startPoller({
      bootstrapServers: context.local.endpoints.kafka,
      topics: read.texts('Topics'),
      groupId: read.inside('AmazonManagedKafkaEventSourceConfig').optionalText('ConsumerGroupId') ?? id,
      batchSize: read.optionalNumber('BatchSize') ?? DEFAULT_BATCH_SIZE,
      windowSeconds: read.optionalNumber('MaximumBatchingWindowInSeconds') ?? 0,
      startingPosition: read.text('StartingPosition'),
      bisect: read.flag('BisectBatchOnFunctionError', false),
      maximumRetryAttempts: read.optionalNumber('MaximumRetryAttempts') ?? NO_LIMIT,
      maximumRecordAgeSeconds: read.optionalNumber('MaximumRecordAgeInSeconds') ?? NO_LIMIT,
      partialResponses: read.texts('FunctionResponseTypes').includes('ReportBatchItemFailures'),
      ...destination(context, properties, place),
      eventSourceArn: read.text('EventSourceArn'),
      mappingId: id,
      functionArn: read.text('FunctionName'),
      invoke: target.invoke,
      log: (line) => void appendFile(logFile, `${new Date().toISOString()} ${line}\n`).catch(() => undefined),
    });
    context.onStop(`event source mapping of ${name}`, () => stopPoller(poller));
    // Not kept waiting for: on AWS too, a mapping is made before it is enabled.
    if ((await Promise.race([poller, sleep(JOIN_MS, LATE)])) === LATE) {
      context.log(`${name} gets records as soon as its consumer group has formed, within seconds`);
      poller.catch((error: unknown) =>
        context.log(`the event source mapping of ${name} failed: ${String(error)}`),
      );
    }
    return { id, attributes: { Id: id } };
  },
};

/** AWS::Lambda::EventSourceMapping of Kafka topics, or of a queue. */
export const eventSourceMapping: Provider = {
  // A queue needs more than topics do; all of it is started anyway.
  needs: [...new Set([...topicMapping.needs, ...queueMapping.needs])],
  create: (context, properties, logicalId) => {
    const source = reader(properties, logicalId).text('EventSourceArn');
    const { create } = isQueueArn(source) ? queueMapping : topicMapping;
    return create(context, properties, logicalId);
  },
};
