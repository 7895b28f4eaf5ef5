import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Quarantined } from '../../bin/command/quarantine/list.ts';
import { awsSettings, bucketOf } from '../../bin/command/running.ts';
import { nodeFile } from '../../bin/setup/node-modules.js';
import { registerZstd } from '../../lambdas/kafka-access/zstd.ts';
import { invocationRecord, invocationRecordKey } from '../../localstack/lambda/on-failure.ts';
import { encodeRecord, type PolledRecord } from '../../localstack/lambda/record.ts';
import type { State } from '../../localstack/state.ts';
import { type AuditJson, type DatasetAudit, sides } from './audit-json.ts';
import { type CommandLine, commandLine, root } from './clone.ts';

const TOPIC = 'iot-events';
const FUTURE_MS = 5 * 60_000;
/** So far beyond the bound: the records are judged before their time has come. */
const AHEAD_MS = 40_000;

let millrace: CommandLine;
let state: State;
let s3: S3Client;

interface Outcome {
  readonly iot: {
    readonly records: number;
    readonly reasons: Readonly<Record<string, number>>;
    readonly failed: { readonly records: number; readonly batches: number } | null;
  };
}

function event(aheadMs: number, changes: Readonly<Record<string, unknown>> = {}): string {
  const made = {
    event_id: randomUUID(),
    device_id: 'device-001',
    device_type: 'light',
    timestamp: new Date(Date.now() + aheadMs).toISOString(),
    event_duration: 100.5,
    value: 5,
    status: 'normal',
    metadata: { location: 'zone-A', firmware: 'v1.2.3' },
    ...changes,
  };
  return JSON.stringify(made);
}

async function json<T>(...words: readonly string[]): Promise<T> {
  return JSON.parse(await millrace.succeed(...words, '--json')) as T;
}

async function produce(lines: readonly string[]): Promise<void> {
  const file = join(millrace.stateDir, 'records.ndjson');
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  await millrace.succeed('produce', 'iot', '--file', file);
}

/** Everything through, and nothing lost, duplicated or disagreed on. */
async function audited(): Promise<DatasetAudit> {
  const audit = await json<AuditJson>('audit', '--wait', '180');
  const { iot } = audit.datasets;
  expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  if (iot === undefined) throw new Error('the audit does not speak of iot');
  const [left, right] = sides(iot);
  expect(right).toBe(left);
  expect(iot.bronzePositions).toBe(iot.positions);
  return iot;
}

const redrive = (...words: readonly string[]) => json<Outcome>('quarantine', 'redrive', ...words);
const list = async (...words: readonly string[]) =>
  (await json<{ readonly iot: Quarantined }>('quarantine', 'list', '--limit', '1000', ...words)).iot;
const openOf = ({ counts }: Quarantined) => counts.reduce((sum, { open }) => sum + open, 0);

beforeAll(async () => {
  millrace = await commandLine();
  await millrace.succeed('up', 'iot');
  state = JSON.parse(await readFile(join(millrace.stateDir, 'state.json'), 'utf8')) as State;
  s3 = new S3Client({ ...awsSettings(state, 's3'), forcePathStyle: true });
});

afterAll(async () => {
  s3?.destroy();
  await millrace.end();
});

describe('redrive', () => {
  test('finds nothing to do in an empty quarantine', async () => {
    // Act
    const { iot } = await redrive();

    // Assess
    expect(iot).toMatchObject({ records: 0, reasons: {} });
  });

  test('sends again what is valid by then; what still fails comes back with its origin', async () => {
    // Prepare: records of the future, and records that no time mends
    const id = randomUUID();
    const ahead = Array.from({ length: 3 }, () => event(FUTURE_MS + AHEAD_MS));
    const sentMs = Date.now();
    await produce([
      ...ahead,
      event(0, { event_id: id }),
      event(0, { event_id: id, value: 6 }),
      event(0, { device_type: 'wind' }),
      '{"broken',
    ]);
    const before = await audited();
    await sleep(Math.max(0, sentMs + AHEAD_MS + 5_000 - Date.now()));

    // Act
    const planned = await redrive('--dry-run');
    const done = await redrive();
    const after = await audited();
    const listed = await list();
    const open = await list('--open');

    // Assess
    const reasons = { future: 3, conflict: 1, invalid: 1, unparseable: 1 };
    expect(before).toMatchObject({ silver: 1, quarantined: { ...reasons, 'too-old': 0 } });
    expect(planned.iot).toMatchObject({ records: 6, reasons });
    expect(done.iot).toMatchObject({ records: 6, reasons });
    expect(after).toMatchObject({
      positions: before.positions + 6,
      silver: 4,
      quarantined: { future: 3, conflict: 2, invalid: 2, unparseable: 2 },
    });
    const fates = listed.records.map(({ reason, redriven }) => `${reason}: ${redriven}`).sort();
    expect(fates).toEqual([
      'conflict: null',
      'conflict: quarantined again (conflict)',
      'future: silver',
      'future: silver',
      'future: silver',
      'invalid: null',
      'invalid: quarantined again (invalid)',
      'unparseable: null',
      'unparseable: quarantined again (unparseable)',
    ]);
    expect(open.records.map(({ reason }) => reason).sort()).toEqual(['conflict', 'invalid', 'unparseable']);
    expect(openOf(open)).toBe(3);
    const [invalid] = open.records.filter(({ reason }) => reason === 'invalid');
    const shown = await millrace.succeed('quarantine', 'show', `${invalid?.partition}:${invalid?.offset}`);
    const [origin] = listed.records.filter(
      ({ reason, redriven }) => reason === 'invalid' && redriven !== null,
    );
    expect(shown).toContain(`header millrace-redrive  ${TOPIC}/${origin?.partition}/${origin?.offset}\n`);
  });

  test('is safe to repeat, beside itself and when it is killed', async () => {
    // Prepare: the landing has not been at what the first calls send
    const lines = Array.from({ length: 5 }, () => event(FUTURE_MS + AHEAD_MS));
    const sentMs = Date.now();
    await produce(lines);
    const before = await audited();
    await sleep(Math.max(0, sentMs + AHEAD_MS + 5_000 - Date.now()));

    // Act
    await killedAfter(1_500, 'quarantine', 'redrive');
    await Promise.all([redrive(), redrive(), redrive()]);
    const after = await audited();
    const idle = await redrive('--reason', 'future');
    const last = await list('--open');

    // Assess
    expect(after.silver).toBe(before.silver + 5);
    const again = quarantinedTotal(after) - quarantinedTotal(before);
    const sent = after.positions - before.positions - again;
    expect(sent).toBeGreaterThanOrEqual(5);
    expect(after.identicalDuplicates).toBe(before.identicalDuplicates + sent - 5);
    expect(idle.iot).toMatchObject({ records: 0, reasons: {} });
    expect(openOf(last)).toBe(3);
  });

  test('takes one record alone, by any position of its chain, and knows those that are not there', async () => {
    // Prepare
    const { records } = await list('--reason', 'invalid');
    const origin = records.reduce((a, b) => (a.offset < b.offset ? a : b));

    // Act
    const one = await redrive('--position', `${TOPIC}/${origin.partition}/${origin.offset}`);
    const refused = await millrace.run('quarantine', 'redrive', '--position', `${TOPIC}/0/99999999`);
    await audited();

    // Assess
    expect(one.iot).toMatchObject({ records: 1, reasons: { invalid: 1 } });
    expect(refused.stderr).toContain('MR714');
    expect(openOf(await list('--open', '--reason', 'invalid'))).toBe(1);
  });

  test('lands the batches that Lambda gave up, and then they are gone', async () => {
    // Prepare: bronze lacks what an invocation record has
    const bronze = bucketOf(state, 'Bronze');
    const failures = bucketOf(state, 'Failures');
    const { Contents: objects = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: bronze, Prefix: 'iot/' }),
    );
    for (const { Key } of objects) await s3.send(new DeleteObjectCommand({ Bucket: bronze, Key }));
    const records = await consumed();
    const nowMs = Date.now();
    const Body = invocationRecord(
      { eventSourceArn: 'arn:aws:kafka:eu-central-1:000000000000:cluster/a/b', bootstrapServers: 'b:9098' },
      { records, condition: 'RetryAttemptsExhausted', invocations: 1, functionArn: 'arn' },
      nowMs,
    );
    await s3.send(
      new PutObjectCommand({ Bucket: failures, Key: invocationRecordKey('m', `${TOPIC}-0`, nowMs), Body }),
    );

    // Act
    const planned = await redrive('--reason', 'failed', '--dry-run');
    const done = await redrive('--reason', 'failed');
    const left = await s3.send(new ListObjectsV2Command({ Bucket: failures }));
    const after = await audited();
    const idle = await redrive('--reason', 'failed');

    // Assess
    expect(planned.iot.failed).toEqual({ records: records.length, batches: 1 });
    expect(done.iot.failed).toEqual({ records: records.length, batches: 1 });
    expect(left.KeyCount).toBe(0);
    expect(after.failed).toBe(0);
    expect(idle.iot.failed).toEqual({ records: 0, batches: 0 });
  });
});

const quarantinedTotal = ({ quarantined }: DatasetAudit) =>
  Object.values(quarantined).reduce((sum, count) => sum + count, 0);

/** Kills a command where it stands. */
async function killedAfter(milliseconds: number, ...words: readonly string[]): Promise<void> {
  const child = spawn(nodeFile, [join(root, 'bin', 'millrace.js'), ...words], {
    cwd: root,
    env: { ...process.env, MILLRACE_STATE: millrace.stateDir },
    stdio: 'ignore',
  });
  const closed = once(child, 'close');
  await sleep(milliseconds);
  child.kill('SIGKILL');
  await closed;
}

/** Every record of the topic, as the landing's event has it. */
async function consumed(): Promise<PolledRecord[]> {
  registerZstd();
  const kafka = new Kafka({ brokers: [state.endpoints.kafka], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(TOPIC);
  await admin.disconnect();
  const wanted = ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  const records: PolledRecord[] = [];
  const consumer = kafka.consumer({ groupId: `redrive-test-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      records.push(encodeRecord(TOPIC, partition, message));
    },
  });
  for (let tries = 0; records.length < wanted && tries < 300; tries += 1) await sleep(100);
  await consumer.disconnect();
  return records;
}
