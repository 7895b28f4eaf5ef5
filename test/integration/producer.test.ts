import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IHeaders, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProducer } from '../../bin/command/producer/producer.ts';
import { pump } from '../../bin/command/producer/pump.ts';
import { fileMessages } from '../../bin/command/producer/raw-file.ts';
import { produce } from '../../bin/command/production.ts';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { openReader } from '../../lambdas/kafka-access/topic-reader.ts';
import { openWriter } from '../../lambdas/kafka-access/topic-writer.ts';
import type { Message } from '../../lambdas/simulate/message.ts';
import { datasetNamed } from '../../lib/datasets/index.ts';
import type { Child } from '../../localstack/services/child.ts';
import { startKafka } from '../../localstack/services/kafka.ts';

const PARTITIONS = 3;
const { manifest } = await datasetNamed('iot');
const toolchain = readToolchain();

interface Record {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders | undefined;
}

describe('the producer on a real broker', () => {
  let folder = '';
  let broker: Child;

  async function start(port?: number): Promise<Child> {
    return startKafka({
      java: toolchain.java,
      jars: toolchain.jarsKafka,
      dataDir: join(folder, 'data'),
      logFile: join(folder, 'kafka.log'),
      records: join(folder, 'processes'),
      ...(port === undefined ? {} : { port: { fixed: port } }),
    });
  }

  async function makeTopic(topic: string): Promise<void> {
    const admin = new Kafka({ brokers: [broker.endpoint], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
    await admin.createTopics({
      topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1, configEntries }],
      waitForLeaders: true,
    });
    await admin.disconnect();
  }

  async function readAll(topic: string, count: number): Promise<Record[]> {
    const consumer = new Kafka({ brokers: [broker.endpoint], logLevel: logLevel.NOTHING }).consumer({
      groupId: `test-${topic}`,
    });
    const found: Record[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          eachMessage: async ({ partition, message: { offset, key, value, headers } }) => {
            found.push({ partition, offset: Number(offset), key: key?.toString() ?? null, value, headers });
            if (found.length === count) resolve();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
    return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-producer-'));
    broker = await start();
  });
  afterAll(async () => {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('sends a file as it is, in its order, with the keys of the contract', async () => {
    // Prepare
    await makeTopic('raw');
    const lines = [
      '{"device_id":"device-001","n":1}',
      'no JSON',
      '',
      '{"device_id":"device-001","n":2}\r',
      '{"device_id":5}',
      '{"device_id":"device-002"}',
    ].map((line) => Buffer.from(line));
    const notUtf8 = Buffer.from([0xff, 0xfe, 0x00]);
    const big = Buffer.from(`{"device_id":"device-001","padding":"${'x'.repeat(1_048_576)}"}`);
    const all = [...lines, notUtf8, big];
    const file = join(folder, 'raw.jsonl');
    await writeFile(file, Buffer.concat(all.map((line) => Buffer.concat([line, Buffer.from('\n')]))));
    const producer = await openProducer({ brokers: [broker.endpoint], topic: 'raw' });

    // Act
    const messages = fileMessages(file, manifest, producer.partitions);
    const pumped = await pump(producer, messages, { rate: null, maxMessageBytes: 1_000_000 });
    await producer.close();
    const found = await readAll('raw', all.length);

    // Assess
    expect(pumped.records).toBe(all.length);
    const keyed = found.filter(({ key }) => key === 'device-001');
    expect(keyed.map(({ value }) => value)).toEqual([lines[0], lines[3], big]);
    expect(new Set(keyed.map(({ partition }) => partition)).size).toBe(1);
    const keyless = found.filter(({ key }) => key === null);
    expect(keyless.map(({ value }) => value)).toEqual([lines[1], lines[2], lines[4], notUtf8]);
  });

  it('loses nothing, sends nothing twice and keeps the order over a killed broker', async () => {
    // Prepare
    await makeTopic('killed');
    const count = 60_000;
    const producer = await openProducer({ brokers: [broker.endpoint], topic: 'killed' });
    let killed: Promise<void> | undefined;
    function* messages(): Generator<Message> {
      for (let at = 0; at < count; at += 1) {
        yield { partition: at % PARTITIONS, key: null, value: Buffer.from(`${at}`.padStart(200)) };
      }
    }
    const killAndRestart = async () => {
      const port = Number(broker.endpoint.split(':')[1]);
      const gone = new Promise<void>((done) => broker.onExit(() => done()));
      process.kill(broker.pid, 'SIGKILL');
      await gone;
      broker = await start(port);
    };

    // Act
    const pumped = await pump(producer, messages(), {
      rate: null,
      maxMessageBytes: 1_000_000,
      onProgress: (acknowledged) => {
        if (acknowledged > count / 3) killed ??= killAndRestart();
      },
    });
    await killed;
    await producer.close();
    const found = await readAll('killed', count);
    const kafka = await openReader({ brokers: [broker.endpoint] });
    const { high } = await kafka.offsets('killed');
    await kafka.close();

    // Assess
    expect(killed).toBeDefined();
    expect(pumped.records).toBe(count);
    expect(new Map(high)).toEqual(new Map([0, 1, 2].map((partition) => [partition, count / PARTITIONS])));
    for (const [at, { partition, offset, value }] of found.entries()) {
      if (Number(value?.toString()) !== offset * PARTITIONS + partition) {
        throw new Error(`record ${at}: ${value?.toString()} at ${partition}/${offset}`);
      }
    }
  });

  it('writes a ledger of what it sent', async () => {
    // Prepare
    await makeTopic(manifest.topic.name);

    // Act
    const { ledger } = await produce({
      manifest,
      source: { kind: 'simulator', seed: 4, events: 500 },
      brokers: [broker.endpoint],
      stateDir: folder,
      rate: null,
    });

    // Assess
    expect(ledger.expected?.distinct).toBe(500);
    expect(ledger.records).toBe(ledger.expected?.records);
    const acknowledged = Object.values(ledger.positions).flat();
    expect(acknowledged.reduce((sum, { count }) => sum + count, 0)).toBe(ledger.records);
  });

  it('says with a code what is missing', async () => {
    // Prepare, act
    const asked = openProducer({ brokers: [broker.endpoint], topic: 'none' });

    // Assess
    await expect(asked).rejects.toMatchObject({ code: 'MR513' });
  });

  it('appends by way of the Kafka access function what it is given, byte for byte', async () => {
    // Prepare
    await makeTopic('appended');
    const writer = await openWriter({ brokers: [broker.endpoint] });
    const value = Buffer.from([0, 255, 10]);
    const records = [
      { key: 'aw==', value: value.toString('base64') },
      { key: null, value: null },
    ];

    // Act
    const acknowledged = [];
    for (const partition of [0, 2, 2]) {
      acknowledged.push(...(await writer.append('appended', [{ partition, records }])).acknowledged);
    }
    await writer.close();
    const found = await readAll('appended', 6);

    // Assess
    expect(acknowledged).toEqual([
      { partition: 0, baseOffset: 0, count: 2 },
      { partition: 2, baseOffset: 0, count: 2 },
      { partition: 2, baseOffset: 2, count: 2 },
    ]);
    expect(found.map(({ key, value: bytes }) => [key, bytes])).toEqual(
      [0, 2, 2].flatMap(() => [
        ['k', value],
        [null, null],
      ]),
    );
  });
});

describe("the audit's view of Kafka", () => {
  let folder = '';
  let broker: Child;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-view-'));
    broker = await startKafka({
      java: toolchain.java,
      jars: toolchain.jarsKafka,
      dataDir: join(folder, 'data'),
      logFile: join(folder, 'kafka.log'),
      records: join(folder, 'processes'),
    });
  });
  afterAll(async () => {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('tells a record that is there from the marker of a transaction and from one that was aborted', async () => {
    // Prepare
    const client = new Kafka({ brokers: [broker.endpoint], logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'marked', numPartitions: 2, replicationFactor: 1 }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    const producer = client.producer({ idempotent: true, transactionalId: 'test', maxInFlightRequests: 1 });
    await producer.connect();
    for (const commit of [true, false, true]) {
      const transaction = await producer.transaction();
      await transaction.send({
        topic: 'marked',
        messages: [
          { partition: 0, value: 'a' },
          { partition: 0, value: 'b' },
        ],
      });
      await (commit ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    const kafka = await openReader({ brokers: [broker.endpoint] });

    // Act
    const { high } = await kafka.offsets('marked');
    const end = new Map(high).get(0) ?? 0;
    const { ranges } = await kafka.readable('marked', [{ partition: 0, first: 0, last: end - 1 }]);
    await kafka.close();

    // Assess: records at 0-1, marker 2, aborted 3-4, marker 5, records 6-7, marker 8.
    expect(end).toBe(9);
    expect(ranges).toEqual([
      { partition: 0, first: 0, last: 1 },
      { partition: 0, first: 6, last: 7 },
    ]);
  });

  it('tells the first position that was taken at or after an instant', async () => {
    // Prepare
    const client = new Kafka({ brokers: [broker.endpoint], logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
    await admin.createTopics({
      topics: [{ topic: 'timed', numPartitions: 2, replicationFactor: 1, configEntries }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    const producer = client.producer();
    await producer.connect();
    const send = () => producer.send({ topic: 'timed', messages: [{ partition: 0, value: 'a' }] });
    await send();
    await sleep(20);
    const between = Date.now();
    await send();
    await producer.disconnect();
    const kafka = await openReader({ brokers: [broker.endpoint] });

    // Act
    const at = async (ms: number) => new Map((await kafka.offsetsAt('timed', ms)).offsets);
    const found = [await at(0), await at(between), await at(between + 3_600_000)];
    await kafka.close();

    // Assess
    expect(found.map((offsets) => [offsets.get(0), offsets.get(1)])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  });
});
