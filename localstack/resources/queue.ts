import { CreateQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { MillraceError } from '../../lib/errors.ts';
import type { JsonObject } from '../template/template.ts';
import { arn, physicalName } from './naming.ts';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

/** What a local queue honours. */
const HONOURED = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
] as const;

/** What it need not: encryption, and names for people. */
const PASSED_OVER = [
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'QueueName',
  'RedriveAllowPolicy',
  'SqsManagedSseEnabled',
  'Tags',
];

const KNOWN = new Set<string>([...HONOURED, ...PASSED_OVER, 'RedrivePolicy']);

/** Attributes as the API takes them. @throws MR405 for a setting that the mirror does not know, FIFO queues among them */
export function queueAttributes(properties: JsonObject, place: string): Record<string, string> {
  const unknown = Object.keys(properties).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) {
    throw new MillraceError(
      'MR405',
      `the mirror does not know the setting ${unknown.join(', ')} of a queue`,
      {
        where: place,
        mend: 'see localstack/resources/queue.ts',
      },
    );
  }
  const read = reader(properties, place);
  const given = HONOURED.flatMap((name) => {
    const value = read.optionalNumber(name);
    return value === undefined ? [] : [[name, String(value)]];
  });
  const redrive = properties.RedrivePolicy === undefined ? '' : JSON.stringify(read.object('RedrivePolicy'));
  return { ...Object.fromEntries(given), ...(redrive === '' ? {} : { RedrivePolicy: redrive }) };
}

/** AWS::SQS::Queue: a standard queue with its visibility timeout, retention and dead-letter queue. */
export const queue: Provider = {
  needs: ['aws'],
  async create(context, properties, logicalId) {
    const attributes = queueAttributes(properties, `${context.stack.id}/${logicalId}`);
    const given = reader(properties, logicalId).optionalText('QueueName');
    const name = given ?? physicalName(context.stack.name, logicalId, 80);
    const { sqs } = context.clients;
    // Made without attributes, which must not differ from those of a queue that is there.
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    if (Object.keys(attributes).length > 0)
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }));
    return {
      id: QueueUrl ?? '',
      attributes: { Arn: arn(context, 'sqs', name), QueueName: name, QueueUrl: QueueUrl ?? '' },
    };
  },
};
