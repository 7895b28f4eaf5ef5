import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Manifest } from '../../lib/contract/manifest.ts';
import type { RestSource } from '../../lib/contract/source.ts';
import { packed } from '../shared/queued-records.ts';
import { type ChangeOptions, type Changes, changesOf } from './changes.ts';
import { type CursorPlace, readCursor, writeCursor } from './memory.ts';
import { readPages } from './pages.ts';
import { type Patience, pauseMs } from './patience.ts';
import { sendAll } from './queue.ts';
import { readSecret } from './secret.ts';

/** Of records in one message: SQS takes 256 KiB of all messages of one call, and this leaves room for the rest. */
const MESSAGE_BYTES = 200 * 1024;

/** All that a source's polls need. */
export interface Place {
  readonly manifest: Manifest;
  readonly source: RestSource;
  readonly map: ChangeOptions['map'];
  readonly cursor: CursorPlace;
  readonly queueUrl: string;
  readonly sqs: SQSClient;
  readonly secrets: SecretsManagerClient;
}

export type Outcome = Changes['counts'] & {
  readonly pages: number;
  readonly retries: number;
  readonly messages: number;
};

/**
 * One poll: asks for all pages, and sends what is new or has changed. The cursor is written last: where a poll ends
 * before that, the next one sends the same again, with the same version or a later one.
 *
 * @throws MillraceError MR890-MR895; nothing was sent but by MR894 and MR895
 */
export async function poll(
  place: Place,
  patience: Patience,
  retried: (what: string, waitMs: number) => void = () => undefined,
): Promise<Outcome> {
  const { manifest, source, map, sqs, queueUrl } = place;
  const polledMs = patience.nowMs();
  const secret = source.secret === null ? undefined : await readSecret(place.secrets, source.secret.name);
  const { memory, etag } = await readCursor(place.cursor);
  const { records, pages, retries } = await readPages({ source, secret, patience, retried });
  // The records of a message may be one batch of the topic, whose bound is of a batch; half of it leaves room.
  const mostBytes = Math.min(MESSAGE_BYTES, manifest.topic.maxMessageBytes / 2);
  const changes = changesOf(records, { manifest, source, map, memory, polledMs, mostBytes });
  const bodies = packed(changes.records, mostBytes);
  await sendAll(sqs, queueUrl, bodies, {
    retries: source.retries,
    pause: (count) => patience.sleep(pauseMs(patience, count)),
  });
  await writeCursor(place.cursor, changes.memory, { etag, polledMs });
  return { ...changes.counts, pages, retries, messages: bodies.length };
}
