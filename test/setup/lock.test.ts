import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { heldLocks, takeLock } from '../../bin/setup/lock.js';

/** No process has it: above the largest pid of Linux and macOS. */
const deadPid = 2 ** 30;

describe('lock', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one in at a time', async () => {
    // Prepare
    const lock = join(folder, 'part');
    let inside = 0;
    let most = 0;
    const enter = async () => {
      const release = await takeLock(lock);
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
      release();
    };

    // Act
    await Promise.all([enter(), enter(), enter()]);

    // Assess
    expect(most).toBe(1);
    expect(heldLocks(folder)).toEqual([]);
  });

  it('is taken from an owner that is dead, by one of those that wait', async () => {
    // Prepare
    const lock = join(folder, 'part');
    mkdirSync(lock);
    writeFileSync(join(lock, 'owner.json'), JSON.stringify({ pid: deadPid }));
    const order: string[] = [];
    const enter = async (name: string) => {
      const release = await takeLock(lock);
      order.push(`${name} in`);
      await sleep(5);
      order.push(`${name} out`);
      release();
    };

    // Act
    await Promise.all([enter('a'), enter('b')]);

    // Assess
    expect(order.map((each) => each.split(' ')[1])).toEqual(['in', 'out', 'in', 'out']);
  });

  it('without an owner is respected while it is new, and taken when it is old', async () => {
    // Prepare
    const fresh = join(folder, 'fresh');
    const old = join(folder, 'old');
    for (const each of [fresh, old]) mkdirSync(each);
    const minuteAgo = Date.now() / 1000 - 60;
    utimesSync(old, minuteAgo, minuteAgo);

    // Act
    const refused = takeLock(fresh, { timeoutSeconds: 0 });
    const taken = takeLock(old, { timeoutSeconds: 0 });

    // Assess
    await expect(refused).rejects.toMatchObject({ code: 'MR308' });
    (await taken)();
  });

  it('names the process that is waited for, once, and gives up after the time given', async () => {
    // Prepare
    const lock = join(folder, 'part');
    const release = await takeLock(lock);
    const waits: number[] = [];

    // Act
    const second = takeLock(lock, { timeoutSeconds: 0.5, onWait: (pid: number) => waits.push(pid) });

    // Assess
    await expect(second).rejects.toMatchObject({
      code: 'MR308',
      message: expect.stringContaining(`${process.pid}`),
    });
    expect(waits).toEqual([process.pid]);
    expect(heldLocks(folder)).toMatchObject([{ pid: process.pid }]);
    release();
  });
});
