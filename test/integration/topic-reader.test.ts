import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { openReader, type TopicReader } from '../../lambdas/kafka-access/topic-reader.ts';
import type { Child } from '../../localstack/services/child.ts';
import { startKafka } from '../../localstack/services/kafka.ts';

const topic = 'transactions';
let folder = '';
let broker: Child;
let admin: Admin;
let reader: TopicReader;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-reader-'));
  const { java, jarsKafka: jars } = readToolchain();
  const place = {
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'log'),
    records: join(folder, 'records'),
  };
  broker = await startKafka({ java, jars, ...place });
  const kafka = new Kafka({ brokers: [broker.endpoint], logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
  // Offsets 0-2 and their marker, 4-6 aborted and their marker: the partition ends in what no consumer gets.
  const options = { transactionalId: 't', maxInFlightRequests: 1, idempotent: true };
  const producer = kafka.producer(options);
  await producer.connect();
  for (const end of ['commit', 'abort'] as const) {
    const transaction = await producer.transaction();
    const messages = ['a', 'b', 'c'].map((value) => ({ partition: 0, value }));
    await transaction.send({ topic, messages });
    await transaction[end]();
  }
  await producer.disconnect();
  reader = await openReader({ brokers: [broker.endpoint] });
}, 120_000);

afterAll(async () => {
  await reader?.close();
  await admin?.disconnect();
  await broker.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a partition that ends in an aborted transaction is read to its end, and its records alone are told', async () => {
  // Act
  const { high } = await reader.offsets(topic);
  const begun = performance.now();
  const { ranges } = await reader.readable(topic, [{ partition: 0, first: 0, last: 7 }]);

  // Assess
  expect(high).toContainEqual([0, 8]);
  expect(ranges).toEqual([{ partition: 0, first: 0, last: 2 }]);
  // It is known by its end, and not by quiet.
  expect(performance.now() - begun).toBeLessThan(7_500);
}, 60_000);
