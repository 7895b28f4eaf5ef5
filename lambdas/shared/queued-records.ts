import * as z from 'zod';
import { MillraceError } from '../../lib/errors.ts';

/** A record on its way from a source to its topic: key and value as text. A rejected row has no key. */
const queuedRecord = z.strictObject({ key: z.string().nullable(), value: z.string() });
const message = z.strictObject({ records: z.array(queuedRecord).min(1) });

export type QueuedRecord = z.infer<typeof queuedRecord>;

const OPENING = '{"records":[';
const CLOSING = ']}';

/** JSON of a record, in characters that SQS takes. */
function textOf(record: QueuedRecord): string {
  // The only two that JSON leaves as they are and SQS refuses.
  return JSON.stringify(record).replace(/[\ufffe\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`);
}

/** Bytes that a record takes in a message. */
export const queuedBytes = (record: QueuedRecord): number => Buffer.byteLength(textOf(record));

/**
 * Bodies of as few messages as hold the records, in their order.
 * @param mostBytes of the records in one message; a record that alone has more is in a message of its own
 */
export function packed(records: readonly QueuedRecord[], mostBytes: number): string[] {
  const bodies: string[] = [];
  let texts: string[] = [];
  let bytes = 0;
  const close = () => {
    if (texts.length > 0) bodies.push(`${OPENING}${texts.join(',')}${CLOSING}`);
    texts = [];
    bytes = 0;
  };
  for (const record of records) {
    const text = textOf(record);
    const size = Buffer.byteLength(text) + 1;
    if (bytes + size > mostBytes) close();
    texts.push(text);
    bytes += size;
  }
  close();
  return bodies;
}

/** The records of a message. @throws MillraceError MR897: it is not one of `packed` */
export function unpacked(body: string): readonly QueuedRecord[] {
  const read = message.safeParse(parsed(body));
  if (read.success) return read.data.records;
  throw new MillraceError('MR897', 'a message of the queue holds no records', {
    where: "the queue between a source's two functions",
    mend: 'nothing else may send to that queue; look at the message in its dead-letter queue, then delete it',
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
