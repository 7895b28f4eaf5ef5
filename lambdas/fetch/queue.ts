import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { MillraceError } from '../../lib/errors.ts';

/** What one call takes, of all its messages together. */
const BATCH_BYTES = 256 * 1024;
const BATCH_MESSAGES = 10;

export interface Sending {
  /** Of a message that was not taken, after the first. */
  readonly retries: number;
  /** Before retry `count`, from 0. */
  pause(count: number): Promise<void>;
}

type Entry = { readonly Id: string; readonly MessageBody: string };

/** Sends every message. @throws MillraceError MR894: the queue did not take all of them */
export async function sendAll(
  sqs: SQSClient,
  queueUrl: string,
  bodies: readonly string[],
  sending: Sending,
): Promise<void> {
  for (const batch of batches(bodies)) await sendBatch(sqs, queueUrl, batch, sending);
}

function batches(bodies: readonly string[]): Entry[][] {
  const result: Entry[][] = [];
  let bytes = 0;
  for (const body of bodies) {
    const size = Buffer.byteLength(body);
    const last = result.at(-1);
    if (last === undefined || last.length === BATCH_MESSAGES || bytes + size > BATCH_BYTES) {
      result.push([{ Id: '0', MessageBody: body }]);
      bytes = size;
    } else {
      last.push({ Id: String(last.length), MessageBody: body });
      bytes += size;
    }
  }
  return result;
}

async function sendBatch(
  sqs: SQSClient,
  queueUrl: string,
  batch: readonly Entry[],
  { retries, pause }: Sending,
): Promise<void> {
  let left = batch;
  for (let count = 0; ; count += 1) {
    const { Failed = [] } = await sqs
      .send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...left] }))
      .catch((cause: unknown) => {
        throw notTaken(queueUrl, cause instanceof Error ? cause.message : String(cause), cause);
      });
    if (Failed.length === 0) return;
    const why = Failed.map(({ Code, Message }) => [Code, Message].filter(Boolean).join(': '));
    if (count >= retries) throw notTaken(queueUrl, [...new Set(why)].join('; '));
    const failed = new Set(Failed.map(({ Id }) => Id));
    left = left.filter(({ Id }) => failed.has(Id));
    await pause(count);
  }
}

function notTaken(queueUrl: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('MR894', `the queue did not take every message: ${why}`, {
    where: queueUrl,
    mend: 'the next poll sends all of it again; see the queue, and what the role of the function may do',
    cause,
  });
}
