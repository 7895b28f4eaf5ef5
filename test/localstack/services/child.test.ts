import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { baseEnvironment, type ChildOptions, startChild } from '../../../localstack/services/child.ts';
import { freePort, LOOPBACK } from '../../../localstack/services/port.ts';
import {
  endProcess,
  endRecorded,
  lives,
  readRecords,
  startMark,
  writeRecord,
} from '../../../localstack/services/process-record.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-child-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function options(name: string, script: string, more: Partial<ChildOptions> = {}): ChildOptions {
  return {
    name,
    endpoint: '',
    command: process.execPath,
    args: ['-e', script],
    env: baseEnvironment(),
    logFile: join(folder, `${name}.log`),
    records: join(folder, `${name}-records`),
    ...more,
  };
}

const STAY = "console.log('up'); setInterval(() => undefined, 1000);";
const DEAF = `process.on('SIGTERM', () => console.log('not now')); ${STAY}`;

/** Healthy as soon as the log holds a word. */
function logs(name: string, word: string) {
  return async () => (await readFile(join(folder, `${name}.log`), 'utf8')).includes(word);
}

describe('startChild', () => {
  it('waits for health, records the process, and stops it', async () => {
    // Act
    const child = await startChild(options('stays', STAY, { healthy: logs('stays', 'up') }));
    const records = await readRecords(join(folder, 'stays-records'));
    let unexpected = false;
    child.onExit(() => {
      unexpected = true;
    });
    await child.stop();
    await child.stop();

    // Assess
    expect(records).toEqual([{ name: 'stays', pid: child.pid, started: expect.any(String) }]);
    expect(startMark(child.pid)).toBeUndefined();
    expect(await readRecords(join(folder, 'stays-records'))).toEqual([]);
    expect(unexpected).toBe(false);
  });

  it('kills what does not listen', async () => {
    // Prepare
    const child = await startChild(options('deaf', DEAF, { healthy: logs('deaf', 'up'), graceMs: 200 }));

    // Act
    await child.stop();

    // Assess
    expect((await child.ended).signal).toBe('SIGKILL');
  });

  it('tells of an end that nobody asked for, with the tail of the log', async () => {
    // Prepare
    const script = "setTimeout(() => { console.error('out of luck'); process.exit(7); }, 100)";
    const child = await startChild(options('dies', script));

    // Act
    const exit = await new Promise((done) => child.onExit(done));

    // Assess
    expect(exit).toMatchObject({ name: 'dies', code: 7, tail: 'out of luck' });
  });

  it.each<[string, string, () => ChildOptions]>([
    [
      'a program that is not there',
      'MR411',
      () => options('absent', '', { command: join(tmpdir(), 'no-such-program') }),
    ],
    [
      'an end before health',
      'MR412',
      () => options('early', 'process.exit(3)', { healthy: async () => false }),
    ],
    [
      'health that never comes',
      'MR413',
      () => options('never', STAY, { healthy: async () => false, readyWithinMs: 300 }),
    ],
  ])('refuses %s', async (_name, code, ask) => {
    // Prepare
    const given = ask();

    // Act
    const act = startChild(given);

    // Assess
    await expect(act).rejects.toMatchObject({ code });
    expect(await readRecords(given.records)).toEqual([]);
  });
});

describe('process records', () => {
  it('end what a killed owner left, and never a later process of the same pid', async () => {
    // Prepare
    const records = join(folder, 'left');
    const mine = spawn(process.execPath, ['-e', STAY], { detached: true, stdio: 'ignore' });
    const another = spawn(process.execPath, ['-e', STAY], { detached: true, stdio: 'ignore' });
    await sleep(100);
    await writeRecord(records, { name: 'mine', pid: mine.pid ?? 0, started: startMark(mine.pid ?? 0) ?? '' });
    await writeRecord(records, { name: 'another', pid: another.pid ?? 0, started: 'another boot:1' });

    // Act
    const ended = await endRecorded(records, 2_000);
    const spared = startMark(another.pid ?? 0);
    another.kill('SIGKILL');

    // Assess
    expect(ended).toEqual(['mine']);
    expect(startMark(mine.pid ?? 0)).toBeUndefined();
    expect(spared).toBeDefined();
  });

  it('know this process, and none that is gone', async () => {
    // Prepare
    const self = { name: 'self', pid: process.pid, started: startMark(process.pid) ?? '' };

    // Act
    const alive = [lives(self), lives({ ...self, started: 'else' }), lives({ ...self, pid: 2 ** 22 })];

    // Assess
    expect(alive).toEqual([true, false, false]);
    await expect(endProcess({ ...self, started: 'else' }, { graceMs: 10 })).resolves.toBeUndefined();
  });
});

describe('freePort', () => {
  it('takes the port of the run before only where it is free', async () => {
    // Prepare
    const taken = createServer();
    const port = await new Promise<number>((done) => {
      taken.listen(0, LOOPBACK, () => {
        const address = taken.address();
        done(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });

    // Act
    const instead = await freePort('s3', { before: port });
    const fixed = freePort('s3', { fixed: port });

    // Assess
    expect(instead).not.toBe(port);
    await expect(fixed).rejects.toMatchObject({ code: 'MR410', where: `127.0.0.1:${port}` });
    taken.close();
    expect(await freePort('s3', { fixed: instead })).toBe(instead);
  });
});
