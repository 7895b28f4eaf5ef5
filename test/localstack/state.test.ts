import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMark } from '../../localstack/services/process-record.ts';
import {
  isAlive,
  ownProcess,
  readMemory,
  readState,
  runningState,
  type State,
  stopRun,
  writeMemory,
  writeState,
} from '../../localstack/state.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-state-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function state(more: Partial<State> = {}): State {
  return {
    version: 1,
    ...ownProcess(),
    ready: true,
    stage: 'dev',
    startedAt: '2026-01-01T00:00:00.000Z',
    endpoints: { kafka: 'k', s3: 's', aws: 'a', athena: 't', jobs: 'j', lambda: 'l' },
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    region: 'us-east-1',
    account: '123456789012',
    resources: {},
    ...more,
  };
}

describe('state.json', () => {
  it('is read as written, by its owner only', async () => {
    // Prepare
    const stateDir = join(folder, 'written');

    // Act
    await writeState(stateDir, state());

    // Assess
    expect(await readState(stateDir)).toEqual(state());
    expect((await stat(join(stateDir, 'state.json'))).mode & 0o777).toBe(0o600);
    expect(await readState(join(folder, 'none'))).toBeUndefined();
  });

  it.each<[string, Partial<State>, boolean]>([
    ['is ready and its owner lives', {}, true],
    ['still starts', { ready: false }, false],
    ['has an owner that is gone', { pid: 2 ** 22 }, false],
    ['has the pid of another process', { started: 'another boot:1' }, false],
  ])('tells a run that %s', async (name, more, expected) => {
    // Prepare
    const stateDir = join(folder, name);
    await writeState(stateDir, state(more));

    // Act
    const running = await runningState(stateDir);

    // Assess
    expect(running !== undefined).toBe(expected);
  });
});

describe('stopRun', () => {
  it('stops the owner, and with purge removes the folder', async () => {
    // Prepare
    const stateDir = join(folder, 'stop');
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    const pid = owner.pid ?? 0;
    await writeState(stateDir, state({ pid, started: startMark(pid) ?? '' }));

    // Act
    const results = [await stopRun(stateDir), await stopRun(stateDir, { purge: true })];

    // Assess
    expect(results).toEqual([true, false]);
    expect(owner.signalCode).toBe('SIGTERM');
    await expect(stat(stateDir)).rejects.toThrow();
  });

  it('leaves a process alone that has only the pid in common', async () => {
    // Prepare
    const stateDir = join(folder, 'reused');
    await writeState(stateDir, state({ started: 'another boot:1' }));

    // Act: would end this very test
    const ran = await stopRun(stateDir);

    // Assess
    expect(ran).toBe(false);
    expect(isAlive(state())).toBe(true);
  });
});

describe('memory', () => {
  it('is empty at first, and lasts', async () => {
    // Prepare
    const stateDir = join(folder, 'memory');
    const memory = {
      ports: { s3: 9 },
      resources: { 'A/B': { type: 'T', id: 'i', attributes: {}, properties: {} } },
    };

    // Act
    const before = await readMemory(stateDir);
    await writeMemory(stateDir, memory);

    // Assess
    expect(before).toEqual({ ports: {}, resources: {} });
    expect(await readMemory(stateDir)).toEqual(memory);
  });
});
