import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { MillraceError } from '../../lib/errors.ts';
import { startQueuePoller } from '../lambda/queue-poller.ts';
import { physicalUuid } from './naming.ts';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

/** All that the local poller honours, or need not: it is one, and is not scaled. */
const KNOWN = new Set([
  'BatchSize',
  'Enabled',
  'EventSourceArn',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumBatchingWindowInSeconds',
  'ScalingConfig',
  'Tags',
]);

const DEFAULT_BATCH_SIZE = 10;

export const isQueueArn = (text: string): boolean => /^arn:[^:]+:sqs:/.test(text);

function refuse(what: string, where: string): MillraceError {
  return new MillraceError('MR405', what, { where, mend: 'see localstack/resources/queue-mapping.ts' });
}

/** AWS::Lambda::EventSourceMapping of a queue: a poller with the template's settings. */
export const queueMapping: Provider = {
  needs: ['aws'],
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

    const eventSourceArn = read.text('EventSourceArn');
    const QueueName = eventSourceArn.split(':').at(-1);
    const { QueueUrl = '' } = await context.clients.sqs.send(new GetQueueUrlCommand({ QueueName }));
    const logFile = join(context.local.folders.logs, `poller-${name}.log`);
    const poller = startQueuePoller({
      sqs: context.clients.sqs,
      queueUrl: QueueUrl,
      eventSourceArn,
      region: context.local.region,
      batchSize: read.optionalNumber('BatchSize') ?? DEFAULT_BATCH_SIZE,
      windowSeconds: read.optionalNumber('MaximumBatchingWindowInSeconds') ?? 0,
      partialResponses: read.texts('FunctionResponseTypes').includes('ReportBatchItemFailures'),
      invoke: target.invoke,
      log: (line) => void appendFile(logFile, `${new Date().toISOString()} ${line}\n`).catch(() => undefined),
    });
    context.onStop(`event source mapping of ${name}`, poller.stop);
    return { id, attributes: { Id: id } };
  },
};
