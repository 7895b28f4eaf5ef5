import { MillraceError } from '../../../lib/errors.ts';

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What the broker will not take, however often it is sent. */
export function refused(cause: unknown, topic: string): MillraceError {
  const type = cause instanceof Error && 'type' in cause ? String(cause.type) : '';
  const tooLarge = TOO_LARGE.has(type);
  return new MillraceError(
    'MR511',
    tooLarge ? 'a record is larger than the topic takes' : `the broker refused records: ${text(cause)}`,
    {
      where: `topic ${topic}`,
      mend: tooLarge
        ? "shorten the record, or raise the topic's maxMessageBytes in its contract"
        : 'look at `npx millrace logs kafka`',
      cause,
    },
  );
}

export function unreachable(cause: unknown, brokers: readonly string[]): MillraceError {
  return new MillraceError('MR512', `no broker took the records: ${text(cause)}`, {
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
