import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';

export interface QueuePollerOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly eventSourceArn: string;
  readonly region: string;
  /** 1 to 10000 messages. */
  readonly batchSize: number;
  /** 0 to 300: how long to gather a batch that is not full. */
  readonly windowSeconds: number;
  /** ReportBatchItemFailures. */
  readonly partialResponses: boolean;
  /** Sends an event to the function: resolves with its response, rejects where it failed. */
  readonly invoke: (event: { readonly Records: readonly SQSRecord[] }) => Promise<unknown>;
  readonly log: (line: string) => void;
  /** How long one call waits for messages. @default 20 s, the most of SQS */
  readonly waitSeconds?: number;
  /** Pause after a call that the queue did not answer. @default 1 s */
  readonly afterErrorMs?: number;
}

export interface QueuePoller {
  /** Lets the invocation under way end, and deletes what it handled. */
  stop(): Promise<void>;
}

/** Of one call, both to receive and to delete. */
const MOST_AT_ONCE = 10;
const LONG_POLL_SECONDS = 20;
const AFTER_ERROR_MS = 1_000;

/** Names of the messages to be kept; undefined: all of them. */
export function keptOf(response: unknown, messages: readonly Message[]): ReadonlySet<string> | undefined {
  const items = (response as { batchItemFailures?: unknown } | null | undefined)?.batchItemFailures;
  if (items === undefined || items === null) return new Set();
  if (!Array.isArray(items)) return undefined;
  const known = new Set(messages.map(({ MessageId }) => MessageId));
  const kept = new Set<string>();
  for (const item of items as unknown[]) {
    const id = (item as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    // As Lambda does: what is malformed, or names what the batch does not hold, makes the whole batch a failure.
    if (typeof id !== 'string' || !known.has(id)) return undefined;
    kept.add(id);
  }
  return kept;
}

function recordOf(message: Message, { eventSourceArn, region }: QueuePollerOptions): SQSRecord {
  const { MessageId = '', ReceiptHandle = '', Body = '', MD5OfBody = '', Attributes = {} } = message;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: {},
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: eventSourceArn,
    awsRegion: region,
  };
}

/**
 * An event source mapping of a standard queue: receives, invokes, and deletes what was handled. What failed becomes
 * visible again when its time-out has passed; after as many receives as its redrive policy allows, the queue itself
 * moves it to the dead-letter queue.
 */
export function startQueuePoller(options: QueuePollerOptions): QueuePoller {
  const { sqs, queueUrl, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;

  const receive = async (most: number, waitSeconds: number): Promise<readonly Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(most, MOST_AT_ONCE),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command, { abortSignal: signal });
    return Messages;
  };

  /** Waits for a first message, then as long as the window for more; whatever is there at once is taken with it. */
  const gather = async (): Promise<readonly Message[]> => {
    const messages = [...(await receive(options.batchSize, options.waitSeconds ?? LONG_POLL_SECONDS))];
    const until = Date.now() + options.windowSeconds * 1000;
    while (messages.length > 0 && messages.length < options.batchSize) {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      const more = await receive(options.batchSize - messages.length, Math.min(left, LONG_POLL_SECONDS));
      messages.push(...more);
      if (more.length === 0 && Date.now() >= until) break;
    }
    return messages;
  };

  const remove = async (messages: readonly Message[]): Promise<void> => {
    for (let at = 0; at < messages.length; at += MOST_AT_ONCE) {
      const Entries = messages
        .slice(at, at + MOST_AT_ONCE)
        .map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  };

  const handle = async (messages: readonly Message[]): Promise<void> => {
    let response: unknown;
    try {
      response = await options.invoke({ Records: messages.map((message) => recordOf(message, options)) });
    } catch (error) {
      log(`${messages.length} messages failed: ${String(error)}`);
      return;
    }
    const kept = options.partialResponses ? keptOf(response, messages) : new Set<string>();
    if (kept === undefined) {
      log(`${messages.length} messages failed: the response names what the batch does not hold`);
      return;
    }
    if (kept.size > 0) log(`${kept.size} of ${messages.length} messages failed`);
    await remove(messages.filter(({ MessageId }) => !kept.has(MessageId ?? '')));
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const messages = await gather();
        if (messages.length > 0) await handle(messages);
      } catch (error) {
        if (signal.aborted) return;
        log(`the queue did not answer: ${String(error)}`);
        await sleep(options.afterErrorMs ?? AFTER_ERROR_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
