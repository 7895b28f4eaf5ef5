import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Place, poll } from '../../../lambdas/fetch/poll.ts';
import { unpacked } from '../../../lambdas/shared/queued-records.ts';
import { answer, type ScriptedServer, scriptedServer } from './server.ts';
import { mapOf, parcels, quick, sourceIn } from './sources.ts';

const s3 = mockClient(S3Client);
const sqs = mockClient(SQSClient);
const secrets = mockClient(SecretsManagerClient);

let server: ScriptedServer;
let stored: { text: string; etag: string } | undefined;
let sent: string[];
/** True: the store takes nothing. */
let broken: boolean;

beforeAll(async () => {
  server = await scriptedServer();
});

afterAll(() => server.close());

/** An object as S3 keeps it, with conditional writes. */
beforeEach(() => {
  for (const mock of [s3, sqs, secrets]) mock.reset();
  stored = undefined;
  sent = [];
  broken = false;
  s3.on(GetObjectCommand).callsFake(async () => {
    if (stored === undefined) throw new NoSuchKey({ message: 'none', $metadata: {} });
    const { text, etag } = stored;
    return { ETag: etag, Body: { transformToString: async () => text } };
  });
  s3.on(PutObjectCommand).callsFake(async ({ Body, IfMatch, IfNoneMatch }) => {
    if (broken) throw new Error('no answer');
    if (IfNoneMatch === '*' ? stored !== undefined : IfMatch !== stored?.etag)
      throw Object.assign(new Error('changed'), { name: 'PreconditionFailed' });
    stored = { text: Body, etag: `"${Number(stored?.etag.slice(1, -1) ?? 0) + 1}"` };
    return {};
  });
  sqs.on(SendMessageBatchCommand).callsFake(async ({ Entries }) => {
    sent.push(...Entries.map(({ MessageBody }: { MessageBody: string }) => MessageBody));
    return { Successful: [], Failed: [] };
  });
});

function place(source: Parameters<typeof parcels>[0] = {}): Place {
  const manifest = parcels({ url: `${server.url}/parcels`, ...source });
  return {
    manifest,
    source: sourceIn(manifest),
    map: mapOf(manifest),
    cursor: { s3: new S3Client({}), bucket: 'state', key: 'sources/parcels/carrier.json' },
    queueUrl: 'http://127.0.0.1/queue',
    sqs: new SQSClient({}),
    secrets: new SecretsManagerClient({}),
  };
}

const row = (id: string, state: string) => ({ id, state });
const states = () =>
  sent.flatMap(unpacked).map(({ value }) => (JSON.parse(value) as { state: string }).state);

describe('a poll', () => {
  it('sends what is new, then nothing, then what has changed', async () => {
    // Prepare
    server.play(
      answer({ data: [row('p-1', 'sent'), row('p-2', 'sent')] }),
      answer({ data: [row('p-1', 'sent'), row('p-2', 'sent')] }),
      answer({ data: [row('p-1', 'there'), row('p-2', 'sent')] }),
    );

    // Act
    const outcomes = [];
    for (let i = 0; i < 3; i += 1) outcomes.push(await poll(place(), quick()));

    // Assess
    expect(outcomes.map(({ changed, messages }) => [changed, messages])).toEqual([
      [2, 1],
      [0, 0],
      [1, 1],
    ]);
    expect(states()).toEqual(['sent', 'sent', 'there']);
  });

  it('sends again what it could not remember', async () => {
    // Prepare
    server.play(answer({ data: [row('p-1', 'sent')] }));
    broken = true;

    // Act
    const failed = poll(place(), quick());
    await expect(failed).rejects.toThrow('no answer');
    broken = false;
    await poll(place(), quick());
    await poll(place(), quick());

    // Assess
    expect(states()).toEqual(['sent', 'sent']);
  });

  it('remembers nothing that the queue did not take', async () => {
    // Prepare
    server.play(answer({ data: [row('p-1', 'sent')] }));
    sqs.on(SendMessageBatchCommand).resolves({
      Successful: [],
      Failed: [{ Id: '0', SenderFault: false, Code: 'InternalError' }],
    });

    // Act
    const polled = poll(place(), quick());

    // Assess
    await expect(polled).rejects.toMatchObject({
      code: 'MR894',
      message: expect.stringContaining('InternalError'),
    });
    expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(6);
    expect(stored).toBeUndefined();
  });

  it('sends a message again that the queue did not take, and only that', async () => {
    // Prepare
    const large = Array.from({ length: 3 }, (_, i) => row(`p-${i}`, String(i).repeat(90_000)));
    server.play(answer({ data: large }));
    let calls = 0;
    sqs.on(SendMessageBatchCommand).callsFake(async ({ Entries }) => {
      calls += 1;
      if (calls === 1) return { Failed: [{ Id: Entries[0].Id, SenderFault: false, Code: 'Busy' }] };
      sent.push(...Entries.map(({ MessageBody }: { MessageBody: string }) => MessageBody));
      return {};
    });

    // Act
    const { messages } = await poll(place(), quick());

    // Assess
    expect(messages).toBe(2);
    expect(sent.flatMap(unpacked)).toHaveLength(3);
    for (const body of sent) expect(Buffer.byteLength(body)).toBeLessThan(210 * 1024);
  });

  it('packs no more into a message than half of what a message of the topic takes', async () => {
    // Prepare
    const rows = Array.from({ length: 8 }, (_, i) => row(`p-${i}`, String(i).repeat(800)));
    server.play(answer({ data: [...rows, row('p-8', 'x'.repeat(2_100))] }));
    const small = place();
    const topic = { ...small.manifest.topic, maxMessageBytes: 4_000 };

    // Act
    const { messages, changed, rejected } = await poll(
      { ...small, manifest: { ...small.manifest, topic } },
      quick(),
    );

    // Assess
    expect([messages, changed, rejected]).toEqual([4, 8, 1]);
    for (const body of sent) expect(Buffer.byteLength(body)).toBeLessThan(2_100);
  });

  it('is refused where another poll has ended meanwhile', async () => {
    // Prepare
    server.play(answer({ data: [row('p-1', 'sent')] }));
    sqs.on(SendMessageBatchCommand).callsFake(async () => {
      stored = { text: '{"version":1,"identities":{}}', etag: '"9"' };
      return {};
    });

    // Act
    const polled = poll(place(), quick());

    // Assess
    await expect(polled).rejects.toMatchObject({ code: 'MR895' });
  });

  it.each(['', '{', '{"version":2}'])('is refused where the cursor is no cursor: %s', async (text) => {
    // Prepare
    stored = { text, etag: '"1"' };

    // Act
    const polled = poll(place(), quick());

    // Assess
    await expect(polled).rejects.toMatchObject({
      code: 'MR895',
      where: 's3://state/sources/parcels/carrier.json',
    });
    expect(sent).toEqual([]);
  });

  it('asks with the secret of that name', async () => {
    // Prepare
    server.play(answer({ data: [] }));
    secrets.on(GetSecretValueCommand, { SecretId: 'carrier/key' }).resolves({ SecretString: ' abc\n' });

    // Act
    await poll(place({ secret: { name: 'carrier/key', into: { query: 'access_key' } } }), quick());

    // Assess
    expect(server.asked).toEqual(['/parcels?access_key=abc']);
  });

  it('names a secret that is not there, and how to make it', async () => {
    // Prepare
    secrets
      .on(GetSecretValueCommand)
      .rejects(new ResourceNotFoundException({ message: 'none', $metadata: {} }));

    // Act
    const polled = poll(place({ secret: { name: 'carrier/key', into: { header: 'x-key' } } }), quick());

    // Assess
    await expect(polled).rejects.toMatchObject({
      code: 'MR893',
      message: expect.stringContaining('carrier/key'),
      mend: expect.stringContaining('MILLRACE_SECRET_CARRIER_KEY'),
    });
  });
});
