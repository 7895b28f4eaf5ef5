import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditJson } from './audit-json.ts';
import { type CommandLine, commandLine, copyOfTree } from './clone.ts';

let clone: string;
let millrace: CommandLine;

beforeAll(async () => {
  clone = await copyOfTree();
  millrace = await commandLine(clone);
});

afterAll(async () => {
  await millrace.end();
  await rm(clone, { recursive: true, force: true });
});

/** Changes the contract of iot by replacing a text of its file. */
async function rewrite(from: string, to: string): Promise<void> {
  const file = join(clone, 'lib/datasets/iot.ts');
  const contract = await readFile(file, 'utf8');
  expect(contract).toContain(from);
  await writeFile(file, contract.replace(from, to));
}

function event(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    event_id: randomUUID(),
    device_id: 'device-001',
    device_type: 'light',
    timestamp: new Date().toISOString(),
    event_duration: 100.5,
    value: 5,
    status: 'normal',
    metadata: { location: 'zone-A', firmware: 'v1.2.3' },
    ...changes,
  };
}

async function produced(...events: readonly object[]): Promise<AuditJson> {
  const file = join(clone, 'records.ndjson');
  await writeFile(file, events.map((one) => `${JSON.stringify(one)}\n`).join(''));
  await millrace.succeed('produce', 'iot', '--file', file);
  return JSON.parse(await millrace.succeed('audit', '--wait', '240', '--json')) as AuditJson;
}

const query = async (sql: string): Promise<unknown> =>
  JSON.parse(await millrace.succeed('query', sql, '--format', 'json'));

test('a new optional field comes to a run that has data, and old rows lack it', async () => {
  // Prepare: silver and bronze as they are released
  await millrace.succeed('up', 'iot');
  const first = event({ battery: 50 });
  await produced(first);

  // Act: a field in the middle of the contract, so that in order it would take the ids of others
  await rewrite(
    '  status: z\n',
    "  battery: z.number().min(0).max(100).nullish().meta({ description: 'Charge left', unit: '%' }),\n  status: z\n",
  );
  const restarted = await millrace.run('up', 'iot');
  const audit = await produced(event({ battery: 80 }), event({ battery: 120 }), event(), first);
  const silver = await query(
    'SELECT value, battery, status, metadata_location AS place, late FROM iot_events ORDER BY battery',
  );
  const bronze = await query('SELECT verdict, battery FROM iot_events_raw_distinct ORDER BY kafka_offset');
  const columns = await query('SELECT * FROM iot_events LIMIT 1');

  // Assess
  expect(restarted.stderr).toContain('the templates have changed');
  expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
  expect(audit.datasets.iot).toMatchObject({
    silver: 3,
    identicalDuplicates: 0,
    quarantined: { invalid: 1, conflict: 1 },
  });
  const row = { value: 5, status: 'normal', place: 'zone-A', late: false };
  expect(silver).toEqual([
    { ...row, battery: 80 },
    { ...row, battery: null },
    { ...row, battery: null },
  ]);
  expect(bronze).toEqual([
    { verdict: 'valid', battery: null },
    { verdict: 'valid', battery: 80 },
    { verdict: 'invalid', battery: null },
    { verdict: 'valid', battery: null },
    { verdict: 'valid', battery: 50 },
  ]);
  expect(Object.keys((columns as object[])[0] ?? {}).at(-1)).toBe('battery');
});

test('a field that is taken back is refused before anything is touched', async () => {
  // Act
  await rewrite('    firmware: z\n', '    build: z\n');
  const refused = await millrace.run('up', 'iot');

  // Assess
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/MR320[\s\S]*`metadata_firmware`[\s\S]*iot\.metadata_firmware/);
});
