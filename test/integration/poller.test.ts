import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { type Poller, startPoller } from '../../localstack/lambda/poller.ts';
import type { Child } from '../../localstack/services/child.ts';
import { type KafkaOptions, startKafka } from '../../localstack/services/kafka.ts';

const PATIENCE = { timeout: 60_000, interval: 200 };
let folder = '';
let place: KafkaOptions;
let broker: Child;
let admin: Admin;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-poller-'));
  const { java, jarsKafka: jars } = readToolchain();
  place = {
    java,
    jars,
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'log'),
    records: join(folder, 'records'),
  };
  broker = await startKafka(place);
  admin = new Kafka({ brokers: [broker.endpoint], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
}, 120_000);

afterAll(async () => {
  await admin?.disconnect();
  await broker?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Evenly over the two partitions of a new topic. */
async function produce(topic: string, records: number): Promise<void> {
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
  const producer = new Kafka({ brokers: [broker.endpoint], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const messages = Array.from({ length: records }, (_, index) => ({ partition: index % 2, value: 'x' }));
  await producer.send({ topic, messages });
  await producer.disconnect();
}

async function kill(): Promise<void> {
  process.kill(-broker.pid, 'SIGKILL');
  await broker.ended;
}

async function back(): Promise<void> {
  broker = await startKafka({ ...place, port: { fixed: Number(broker.endpoint.split(':')[1]) } });
}

/** A poller whose function answers only once it is let go. */
async function polling(topic: string) {
  const gate = Promise.withResolvers<void>();
  const said: string[] = [];
  const poller = await startPoller({
    bootstrapServers: broker.endpoint,
    topics: [topic],
    groupId: topic,
    batchSize: 10,
    windowSeconds: 0,
    startingPosition: 'TRIM_HORIZON',
    bisect: true,
    maximumRetryAttempts: -1,
    maximumRecordAgeSeconds: -1,
    partialResponses: true,
    eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/local/0',
    mappingId: topic,
    invoke: async () => {
      await gate.promise;
      return { batchItemFailures: [] };
    },
    log: (line) => said.push(line),
  });
  const crashed = () => vi.waitUntil(() => said.some((line) => line.includes('Crash')), PATIENCE);
  return { poller, crashed, letGo: gate.resolve };
}

/** Resolves once the broker knows that so many records are handled. */
async function committed(poller: Poller, records: number): Promise<void> {
  await vi.waitUntil(async () => {
    const offsets = await poller.committed().catch(() => new Map<string, number>());
    return [...offsets.values()].reduce((sum, offset) => sum + offset, 0) === records;
  }, PATIENCE);
}

test('what is handled while there is no consumer to commit it is committed by the next, though nothing new comes', async () => {
  // Prepare: full partitions, paused, of which all is read
  await produce('many', 400);
  const { poller, crashed, letGo } = await polling('many');
  await vi.waitUntil(() => poller.counts().invocations > 0, PATIENCE);
  await sleep(4_000);

  // Act
  await kill();
  await crashed();
  letGo();
  await back();

  // Assess
  await committed(poller, 400);
  expect(poller.counts()).toMatchObject({ records: 400, failedInvocations: 0 });
  await poller.stop();
});
