import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { startKafka } from '../../localstack/services/kafka.ts';
import { readRecords } from '../../localstack/services/process-record.ts';

const toolchain = readToolchain();

describe('the local broker', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-kafka-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('keeps its topics over a kill and a restart on another port', async () => {
    // Prepare
    const options = {
      java: toolchain.java,
      jars: toolchain.jarsKafka,
      dataDir: join(folder, 'data'),
      logFile: join(folder, 'kafka.log'),
      records: join(folder, 'processes'),
    };
    const first = await startKafka(options);
    const admin = new Kafka({ brokers: [first.endpoint], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'kept', numPartitions: 2, replicationFactor: 1 }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    const gone = new Promise<string | null>((done) => first.onExit((exit) => done(exit.signal)));
    process.kill(first.pid, 'SIGKILL');
    const signal = await gone;

    // Act
    const second = await startKafka(options);
    const again = new Kafka({ brokers: [second.endpoint], logLevel: logLevel.NOTHING }).admin();
    await again.connect();
    const topics = await again.listTopics();
    await again.disconnect();
    const recorded = await readRecords(options.records);
    await second.stop();

    // Assess
    expect(signal).toBe('SIGKILL');
    expect(second.endpoint).not.toBe(first.endpoint);
    expect(topics).toContain('kept');
    expect(recorded.map((record) => record.pid)).toEqual([second.pid]);
    expect(await readRecords(options.records)).toEqual([]);
  });

  it('starts with a cluster id that looks like an option', async () => {
    // Prepare: one of 64 random ids begins so
    const dataDir = join(folder, 'hyphen');
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'cluster-id'), '-6TmlPXAvoVL_zfPJeqysA\n');

    // Act
    const broker = await startKafka({
      java: toolchain.java,
      jars: toolchain.jarsKafka,
      dataDir,
      logFile: join(folder, 'hyphen.log'),
      records: join(folder, 'processes'),
    });
    const admin = new Kafka({ brokers: [broker.endpoint], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const { clusterId } = await admin.describeCluster();
    await admin.disconnect();
    await broker.stop();

    // Assess
    expect(clusterId).toBe('-6TmlPXAvoVL_zfPJeqysA');
  });
});
