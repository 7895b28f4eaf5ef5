import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startChaos } from '../../../bin/command/demo/chaos/chaos.ts';
import { type Look, TARGETS } from '../../../bin/command/demo/chaos/targets.ts';
import { startMark, writeRecord } from '../../../localstack/services/process-record.ts';

const EVENTS = 1_000;

let folder = '';
const started: number[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
});
afterEach(async () => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Killed by the test, as it should be.
    }
  }
  await rm(folder, { recursive: true, force: true });
});

/** A process that stands for a part of the run, recorded under the name of the part. */
async function part(name: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    detached: true,
    stdio: 'ignore',
  });
  const pid = child.pid ?? 0;
  started.push(pid);
  await writeRecord(folder, { name, pid, started: startMark(pid) ?? '' });
  return pid;
}

describe('chaos', () => {
  test('kills each part at its point, and production waits for the last', async () => {
    // Prepare: parts that come back by themselves as soon as they are gone
    const names = TARGETS.map((target) => target.record('dev', 'iot'));
    const pids = await Promise.all(names.map(part));
    let look: Look = { produced: 0, landed: 0, silver: 0, epoch: 1, committing: false };
    const lines: string[] = [];
    const chaos = startChaos({
      stage: 'dev',
      dataset: 'iot',
      events: EVENTS,
      records: folder,
      look: async () => look,
      say: (line) => lines.push(line),
      signal: new AbortController().signal,
    });
    const gone = async (at: number): Promise<void> => {
      const pid = pids[at] ?? 0;
      while (startMark(pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
      await part(names[at] ?? '');
    };

    // Act
    const held = chaos.hold(900);
    let released = false;
    void held?.then(() => {
      released = true;
    });
    look = { ...look, produced: 250, landed: 100 };
    await gone(0);
    const afterBroker = pids.map((pid) => startMark(pid) !== undefined);
    look = { ...look, produced: 900, landed: 500 };
    await gone(1);
    const beforeDriver = released;
    look = { ...look, committing: true };
    await gone(2);
    await held;
    look = { ...look, produced: 1_000, landed: 1_000, epoch: 2 };
    const kills = await chaos.end();

    // Assess
    expect(afterBroker).toEqual([false, true, true]);
    expect(beforeDriver).toBe(false);
    expect(chaos.hold(899)).toBeUndefined();
    expect(kills.map(({ pid }) => pid)).toEqual(pids);
    for (const { pid, newPid } of kills) expect(newPid).not.toBe(pid);
    expect(kills[0]?.at.produced).toBe(250);
    expect(lines).toHaveLength(6);
  });

  test('ends with the interruption of the demo', async () => {
    // Prepare
    const stop = new AbortController();
    const chaos = startChaos({
      stage: 'dev',
      dataset: 'iot',
      events: EVENTS,
      records: folder,
      look: async () => undefined,
      say: () => undefined,
      signal: stop.signal,
    });

    // Act
    stop.abort(new Error('interrupted'));
    const [held, ended] = await Promise.allSettled([chaos.hold(900), chaos.end()]);

    // Assess
    expect(held).toMatchObject({ status: 'rejected', reason: { message: 'interrupted' } });
    expect(ended).toMatchObject({ status: 'rejected', reason: { message: 'interrupted' } });
  });
});
