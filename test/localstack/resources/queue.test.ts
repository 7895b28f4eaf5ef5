import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventSourceMapping } from '../../../localstack/resources/event-source-mapping.ts';
import { queue } from '../../../localstack/resources/queue.ts';
import type { Context } from '../../../localstack/resources/resource.ts';

const sqs = mockClient(SQSClient);
const ARN = 'arn:aws:sqs:us-east-1:123456789012:q';
const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:produce';
const stops: (() => Promise<void>)[] = [];

const context = {
  stack: { id: 'Ingest', name: 'ingest' },
  local: { region: 'us-east-1', account: '123456789012', partition: 'aws', folders: { logs: '/nowhere' } },
  clients: { sqs: new SQSClient({}) },
  functions: new Map([['produce', { name: 'produce', invoke: async () => undefined }]]),
  onStop: (_name: string, stop: () => Promise<void>) => stops.push(stop),
  log: () => undefined,
} as unknown as Context;

beforeEach(() => {
  sqs.reset();
  sqs.on(CreateQueueCommand).resolves({ QueueUrl: 'http://127.0.0.1:3/123456789012/q' });
  sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: 'http://127.0.0.1:3/123456789012/q' });
});

describe('a queue', () => {
  it('is made with what it honours, and answers its URL and ARN', async () => {
    // Prepare
    const properties = {
      QueueName: 'q',
      KmsMasterKeyId: 'key',
      VisibilityTimeout: 360,
      RedrivePolicy: { deadLetterTargetArn: `${ARN}-dead`, maxReceiveCount: 100 },
    };

    // Act
    const made = await queue.create(context, properties, 'Queue');

    // Assess
    expect(made).toMatchObject({
      id: 'http://127.0.0.1:3/123456789012/q',
      attributes: { Arn: ARN, QueueName: 'q' },
    });
    expect(sqs.commandCalls(SetQueueAttributesCommand)[0]?.args[0].input.Attributes).toEqual({
      VisibilityTimeout: '360',
      RedrivePolicy: `{"deadLetterTargetArn":"${ARN}-dead","maxReceiveCount":100}`,
    });
  });

  it('is refused where the mirror does not know a setting', async () => {
    // Prepare, Act
    const made = queue.create(context, { FifoQueue: true }, 'Queue');

    // Assess
    await expect(made).rejects.toMatchObject({
      code: 'MR405',
      message: expect.stringContaining('FifoQueue'),
    });
  });
});

describe('an event source mapping of a queue', () => {
  it('is refused where no template declares its function, or a setting is unknown', async () => {
    // Prepare
    const base = { EventSourceArn: ARN, FunctionName: FUNCTION };

    // Act
    const made = [
      eventSourceMapping.create(context, { ...base, FunctionName: `${FUNCTION}r` }, 'Mapping'),
      eventSourceMapping.create(context, { ...base, FilterCriteria: {} }, 'Mapping'),
    ];

    // Assess
    for (const one of made) await expect(one).rejects.toMatchObject({ code: 'MR405' });
  });

  it('polls that queue, and not a topic', async () => {
    // Prepare
    const properties = {
      EventSourceArn: ARN,
      FunctionName: FUNCTION,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    };

    // Act
    const made = await eventSourceMapping.create(context, properties, 'Mapping');
    await Promise.all(stops.map((stop) => stop()));

    // Assess
    expect(made.attributes.Id).toBe(made.id);
    expect(sqs.commandCalls(GetQueueUrlCommand)[0]?.args[0].input).toEqual({ QueueName: 'q' });
    expect(stops).toHaveLength(1);
  });
});
