import { MillraceError } from '../../../lib/errors.ts';

const RETRIABLE = new Map([
  [3, 'unknown topic or partition'],
  [5, 'no leader'],
  [6, 'not the leader'],
  [7, 'timed out'],
  [8, 'broker not available'],
  [9, 'replica not available'],
  [13, 'network'],
  [14, 'coordinator loads'],
  [15, 'no coordinator'],
  [16, 'not the coordinator'],
  [19, 'not enough replicas'],
  [20, 'not enough replicas after the append'],
  [56, 'storage'],
]);
const MESSAGE_TOO_LARGE = 10;
const RECORD_LIST_TOO_LARGE = 18;

/** What is worth another attempt. */
export class Transient extends Error {}

/** What an error code of the broker means for the sender. */
export function failure(code: number, topic: string): Error {
  const reason = RETRIABLE.get(code);
  if (reason !== undefined) return new Transient(`the broker says: ${reason}`);
  const tooLarge = code === MESSAGE_TOO_LARGE || code === RECORD_LIST_TOO_LARGE;
  return new MillraceError(
    'MR511',
    tooLarge
      ? 'a record is larger than the topic takes'
      : `the broker refused records with error code ${code}`,
    {
      where: `topic ${topic}`,
      mend: tooLarge
        ? "shorten the record, or raise the topic's maxMessageBytes in its contract"
        : 'look the code up in the Kafka protocol guide, and at `npx millrace logs kafka`',
    },
  );
}

export function unreachable(cause: unknown, brokers: readonly string[], patienceMs: number): MillraceError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('MR512', `no broker took the records for ${patienceMs / 1000} s: ${what}`, {
    where: brokers.join(', '),
    mend: 'see `npx millrace status` and `npx millrace logs kafka`; then `npx millrace up`',
    cause,
  });
}

export function noTopic(topic: string): MillraceError {
  return new MillraceError('MR513', `the broker has no topic ${topic}`, {
    where: `topic ${topic}`,
    mend: 'run `npx millrace up`: it makes the topics of the templates',
  });
}
