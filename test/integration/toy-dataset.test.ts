import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuditJson, sides } from './audit-json.ts';
import { type CommandLine, commandLine, copyOfTree, root } from './clone.ts';

let clone: string;
let millrace: CommandLine;

beforeAll(async () => {
  clone = await copyOfTree();
  await cp(join(root, 'test/integration/toy-dataset.ts.txt'), join(clone, 'lib/datasets/orders.ts'));
  millrace = await commandLine(clone);
});

afterAll(async () => {
  await millrace.end();
  await rm(clone, { recursive: true, force: true });
});

test('a second dataset is one file and nothing else', async () => {
  // Prepare
  await millrace.succeed('up', 'iot', 'orders');
  const conflict = {
    order_id: 'o-99999999',
    placed_at: new Date().toISOString(),
    country: 'at',
    items: 1,
    total: 2.5,
  };
  const lines = [conflict, conflict, { ...conflict, total: 3 }, { ...conflict, items: 0 }];
  const file = join(clone, 'orders.ndjson');
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

  // Act
  await millrace.succeed('produce', 'orders', '--events', '2000', '--seed', '3');
  await millrace.succeed('produce', 'orders', '--file', file);
  const audit = JSON.parse(await millrace.succeed('audit', '--wait', '180', '--json')) as AuditJson;
  const rows = await millrace.succeed('query', 'SELECT count(*) AS rows FROM orders', '--format', 'json');

  // Assess
  const { orders, iot } = audit.datasets;
  if (orders === undefined || iot === undefined) throw new Error('the audit lacks a dataset');
  expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  expect(orders.silver).toBe(2001);
  expect(orders.quarantined.conflict).toBeGreaterThan(0);
  expect(sides(orders)[0]).toBe(sides(orders)[1]);
  expect(iot.positions).toBe(0);
  expect(JSON.parse(rows)).toEqual([{ rows: 2001 }]);
  expect(await millrace.succeed('datasets')).toContain('orders');
});
