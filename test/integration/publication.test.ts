import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerZstd } from '../../lambdas/kafka-access/zstd.ts';
import { type CommandLine, commandLine, copyOfTree, root } from './clone.ts';

type Row = Readonly<Record<string, unknown>>;

/** What the toy dataset says besides, so that it publishes. */
const published = `
  publish: { topic: 'orders-rows', key: 'country', partitions: 1 },
  windows: [
    {
      name: 'orders_hourly',
      description: 'Orders by hour and country',
      sizeSeconds: 3600,
      key: ['country'],
      aggregates: [
        { kind: 'count', column: 'orders', description: 'Orders' },
        { kind: 'sum', column: 'total', of: 'total', description: 'Price of all', unit: 'EUR' },
        { kind: 'sketch', column: 'total_sketch', of: 'total', description: 'Prices', unit: 'EUR' },
      ],
      publish: { topic: 'orders-hours', key: 'country' },
    },
  ],
  gold: [],`;

let clone: string;
let millrace: CommandLine;

beforeAll(async () => {
  registerZstd();
  clone = await copyOfTree();
  const toy = await readFile(join(root, 'test/integration/toy-dataset.ts.txt'), 'utf8');
  await writeFile(join(clone, 'lib/datasets/orders.ts'), toy.replace('\n  gold: [],', published));
  millrace = await commandLine(clone);
});

afterAll(async () => {
  await millrace.end();
  await rm(clone, { recursive: true, force: true });
});

/** All messages of a topic by now, partition by partition: [key, value]. */
async function messagesOf(kafka: Kafka, topic: string): Promise<[string, Row][]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const behind = new Map(
    ends.flatMap(({ partition, high }) => (high === '0' ? [] : [[partition, Number(high)]])),
  );
  const found = new Map(ends.map(({ partition }): [number, [string, Row][]] => [partition, []]));
  const consumer = kafka.consumer({ groupId: `test-${topic}-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message: { key, value, offset } }) => {
      found.get(partition)?.push([String(key), JSON.parse(String(value))]);
      if (Number(offset) + 1 >= (behind.get(partition) ?? 0)) behind.delete(partition);
    },
  });
  for (const deadline = Date.now() + 60_000; behind.size > 0 && Date.now() < deadline; ) await sleep(100);
  await consumer.disconnect();
  return [...found.values()].flat();
}

/** An instant of a query's result or of a message, in whole milliseconds. */
const instant = (text: unknown): number => Date.parse(`${String(text).replace(' ', 'T').slice(0, 23)}Z`);

/** The last message of each window, as `windowsOf` tells rows. */
const lastOf = (messages: readonly [string, Row][]): Map<string, Row> => {
  const last = new Map<string, Row>();
  for (const [key, { window_start, orders, total, late_rows, final, processing_time }] of messages)
    last.set(`${instant(window_start)} ${key}`, {
      orders,
      total,
      late_rows,
      final,
      processed: instant(processing_time),
    });
  return last;
};

test('silver and windows are told by topics', async () => {
  // Prepare
  const run = JSON.parse(await millrace.succeed('up', 'orders', '--json'));
  const kafka = new Kafka({ brokers: [run.endpoints.kafka], logLevel: logLevel.NOTHING });
  const ask = async (sql: string): Promise<Row[]> =>
    JSON.parse(await millrace.succeed('query', sql, '--format', 'json'));

  // Act
  await millrace.succeed('produce', 'orders', '--events', '2000', '--seed', '3');
  await millrace.succeed('audit', '--wait', '180');
  await millrace.succeed('produce', 'orders', '--events', '500', '--seed', '4');
  await millrace.succeed('audit', '--wait', '180');

  // Assess
  const silver = await ask('SELECT order_id, kafka_partition, kafka_offset FROM orders');
  await expect
    .poll(async () => lastOf(await messagesOf(kafka, 'orders-hours')), { timeout: 120_000, interval: 2000 })
    .toEqual(
      new Map(
        (
          await ask(
            'SELECT window_start, country, orders, total, late_rows, final, processing_time FROM orders_hourly',
          )
        ).map(({ window_start, country, processing_time, ...facts }) => [
          `${instant(window_start)} ${country}`,
          { ...facts, processed: instant(processing_time) },
        ]),
      ),
    );
  const rows = await messagesOf(kafka, 'orders-rows');
  const told = new Set(rows.map(([, row]) => `${row.order_id} ${row.kafka_partition} ${row.kafka_offset}`));
  expect(silver.length).toBeGreaterThan(2000);
  expect([...told].sort()).toEqual(
    silver.map((row) => `${row.order_id} ${row.kafka_partition} ${row.kafka_offset}`).sort(),
  );
  expect(rows.every(([key, { country }]) => key === country)).toBe(true);
  expect(rows[0]?.[1]).toMatchObject({
    placed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
  });
});
