import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { keptOf, type QueuePoller, startQueuePoller } from '../../../localstack/lambda/queue-poller.ts';

interface Stored {
  readonly MessageId: string;
  readonly Body: string;
  visible: boolean;
}

/** A queue in memory: what was received comes back when it is told to. */
function memoryQueue(...bodies: string[]) {
  let messages: Stored[] = bodies.map((Body, i) => ({ MessageId: `m-${i}`, Body, visible: true }));
  let broken = 0;
  const sqs = {
    send: async (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
      if (broken > 0) {
        broken -= 1;
        throw new Error('no answer');
      }
      if (command.constructor.name === 'ReceiveMessageCommand') {
        const taken = messages
          .filter(({ visible }) => visible)
          .slice(0, Number(command.input.MaxNumberOfMessages));
        for (const one of taken) one.visible = false;
        if (taken.length === 0) await sleep(2);
        return {
          Messages: taken.map(({ MessageId, Body }) => ({
            MessageId,
            Body,
            ReceiptHandle: `r-${MessageId}`,
          })),
        };
      }
      const handles = (command.input.Entries as { ReceiptHandle: string }[]).map(
        (entry) => entry.ReceiptHandle,
      );
      messages = messages.filter(({ MessageId }) => !handles.includes(`r-${MessageId}`));
      return {};
    },
  };
  return {
    sqs: sqs as unknown as SQSClient,
    left: () => messages.map(({ Body }) => Body),
    showAgain: () => {
      for (const one of messages) one.visible = true;
    },
    breakDown: (times: number) => {
      broken = times;
    },
  };
}

let poller: QueuePoller | undefined;
afterEach(() => poller?.stop());

type Invoke = Parameters<typeof startQueuePoller>[0]['invoke'];

function start(queue: ReturnType<typeof memoryQueue>, invoke: Invoke, batchSize = 10): string[][] {
  const batches: string[][] = [];
  poller = startQueuePoller({
    sqs: queue.sqs,
    queueUrl: 'http://127.0.0.1/q',
    eventSourceArn: 'arn:aws:sqs:us-east-1:123456789012:q',
    region: 'us-east-1',
    batchSize,
    windowSeconds: 0,
    partialResponses: true,
    waitSeconds: 0,
    afterErrorMs: 1,
    log: () => undefined,
    invoke: async (event) => {
      batches.push(event.Records.map(({ body }) => body));
      return invoke(event);
    },
  });
  return batches;
}

const until = async (done: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !done(); i += 1) await sleep(2);
};

describe('a queue poller', () => {
  it('deletes what was handled', async () => {
    // Prepare
    const queue = memoryQueue('a', 'b', 'c');

    // Act
    const batches = start(queue, async () => ({ batchItemFailures: [] }), 2);
    await until(() => queue.left().length === 0);

    // Assess
    expect(batches).toEqual([['a', 'b'], ['c']]);
    expect(queue.left()).toEqual([]);
  });

  it('keeps what the response names, and sends it again when it is visible', async () => {
    // Prepare
    const queue = memoryQueue('a', 'b');
    let calls = 0;

    // Act
    const batches = start(queue, async () => {
      calls += 1;
      return { batchItemFailures: calls === 1 ? [{ itemIdentifier: 'm-1' }] : [] };
    });
    await until(() => queue.left().length === 1);
    const between = queue.left();
    queue.showAgain();
    await until(() => queue.left().length === 0);

    // Assess
    expect(between).toEqual(['b']);
    expect(batches).toEqual([['a', 'b'], ['b']]);
  });

  it.each<[string, Invoke]>([
    ['the function fails', async () => Promise.reject(new Error('no'))],
    ['the response names a stranger', async () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] })],
  ])('keeps all where %s', async (_name, invoke) => {
    // Prepare
    const queue = memoryQueue('a', 'b');

    // Act
    const batches = start(queue, invoke);
    await until(() => batches.length === 1);
    await poller?.stop();

    // Assess
    expect(queue.left()).toEqual(['a', 'b']);
  });

  it('outlives a queue that does not answer', async () => {
    // Prepare
    const queue = memoryQueue('a');
    queue.breakDown(3);

    // Act
    start(queue, async () => undefined);
    await until(() => queue.left().length === 0);

    // Assess
    expect(queue.left()).toEqual([]);
  });
});

describe('a partial response', () => {
  const messages = [{ MessageId: 'm-1' }, { MessageId: 'm-2' }];

  it.each([
    [undefined, []],
    [null, []],
    [{}, []],
    [{ batchItemFailures: [] }, []],
    [{ batchItemFailures: [{ itemIdentifier: 'm-2' }] }, ['m-2']],
  ])('%j keeps %j', (response, kept) => {
    expect([...(keptOf(response, messages) ?? ['all'])]).toEqual(kept);
  });

  it.each([
    { batchItemFailures: 'm-1' },
    { batchItemFailures: [{ itemIdentifier: '' }] },
    { batchItemFailures: [{ itemIdentifier: 7 }] },
    { batchItemFailures: [null] },
  ])('%j keeps all', (response) => {
    expect(keptOf(response, messages)).toBeUndefined();
  });
});
