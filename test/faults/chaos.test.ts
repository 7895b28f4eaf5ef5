import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditJson } from '../integration/audit-json.ts';
import { commandLine } from '../integration/clone.ts';

const EVENTS = 40_000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Told {
  readonly audit: AuditJson;
  readonly chaos: readonly {
    readonly part: string;
    readonly pid: number;
    readonly newPid: number;
    readonly at: Readonly<Record<'produced' | 'landed' | 'silver', number>>;
    readonly backAfterSeconds: number;
  }[];
}

test('the audit is what the simulator sent, although each part was killed on the way', async () => {
  // Prepare
  const millrace = await commandLine();
  const file = join(folder, 'demo.json');

  // Act: the demo itself compares the audit with the ledger, count by count, and fails where one differs
  await millrace.succeed(
    'demo',
    'iot',
    '--chaos',
    '--events',
    String(EVENTS),
    '--seed',
    '11',
    '--json',
    file,
  );
  const { audit, chaos } = JSON.parse(await readFile(file, 'utf8')) as Told;

  // Assess
  expect(audit).toMatchObject({
    lost: 0,
    duplicated: 0,
    disagreed: 0,
    datasets: { iot: { silver: EVENTS } },
  });
  expect(chaos.map(({ part }) => part)).toEqual(['broker', 'landing function', 'Spark driver of silver']);
  for (const { pid, newPid, at, backAfterSeconds } of chaos) {
    expect(newPid).not.toBe(pid);
    expect(backAfterSeconds).toBeGreaterThan(0);
    // There was work left: what came after the kill went through what came back.
    expect(at.silver).toBeLessThan(EVENTS);
  }
});
