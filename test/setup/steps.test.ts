import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../bin/setup/child.js';
import { SetupError } from '../../bin/setup/errors.js';
import { plan, runSteps, secondsLeft } from '../../bin/setup/steps.js';

const failure = { code: 'MR306', where: 'a log', mend: 'read it' };

function step(name: string, seconds: number, body: () => Promise<void>, lane?: string) {
  return {
    name,
    title: `making ${name}`,
    seconds,
    failure,
    run: body,
    ...(lane === undefined ? {} : { lane }),
  };
}

describe('steps', () => {
  let folder: string;
  let lines: string[];
  const write = (line: string) => lines.push(line);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-steps-'));
    lines = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('start with the slowest, and those of a lane stand in a row', () => {
    // Prepare
    const nothing = async () => {};
    const steps = [
      step('quick', 1, nothing),
      step('jars-a', 5, nothing, 'maven'),
      step('slow', 100, nothing),
      step('jars-b', 20, nothing, 'maven'),
    ];

    // Act
    const lanes = plan(steps).map((lane: { name: string }[]) => lane.map(({ name }) => name));

    // Assess
    expect(lanes).toEqual([['slow'], ['jars-b', 'jars-a'], ['quick']]);
  });

  it('run side by side and say when they start and end', async () => {
    // Prepare
    const running = new Set<string>();
    let most = 0;
    const body = (name: string) => async () => {
      running.add(name);
      most = Math.max(most, running.size);
      await sleep(20);
      running.delete(name);
    };

    // Act
    await runSteps([step('a', 2, body('a')), step('b', 1, body('b'))], write);

    // Assess
    expect(most).toBe(2);
    expect(lines.map((line) => line.trim().replace(/^\d+ s +/, ''))).toEqual([
      'a  making a',
      'b  making b',
      'a  done in 0 s',
      'b  done in 0 s',
    ]);
  });

  it('begin after those they are made with, and not at all where one of these failed', async () => {
    // Prepare
    const order: string[] = [];
    const made = (name: string) => async () => {
      order.push(name);
    };
    const late = { ...step('late', 90, made('late')), after: ['a', 'b', 'no step'] };
    const broken = step('b', 5, () => Promise.reject(new SetupError('MR305', 'b', { where: '', mend: '' })));

    // Act
    await runSteps([late, step('a', 1, made('a')), step('b', 5, made('b'))], write);
    const failing = runSteps([late, broken, step('a', 1, made('a'), 'lane'), step('0', 9, made('0'))], write);

    // Assess
    await expect(failing).rejects.toMatchObject({ code: 'MR305' });
    expect(order.slice(0, 3)).toEqual(['b', 'a', 'late']);
    expect(order.slice(3)).not.toContain('late');
    const spent = ({ name }: { name: string }) => (name === 'a' ? Infinity : 3);
    expect(secondsLeft([[late], [step('a', 99, made('a'))], [step('b', 20, made('b'))]], spent)).toBe(
      17 + 87,
    );
  });

  it('stop at a command that fails, with its code and its last lines', async () => {
    // Prepare
    const logFile = join(folder, 'a.log');
    const other = join(folder, 'b.log');
    const failing = step('a', 2, () =>
      run('sh', ['-c', 'sleep 0.2; echo what went wrong; exit 3'], { logFile }),
    );
    const slow = step('b', 1, () => run('sleep', ['60'], { logFile: other }));
    const begun = Date.now();

    // Act
    const result = runSteps([failing, slow], write);

    // Assess
    await expect(result).rejects.toMatchObject({
      code: 'MR306',
      tail: 'what went wrong',
      message: 'sh ended with 3',
    });
    expect(Date.now() - begun).toBeLessThan(10_000);
  });

  it('name a full disk for what it is', async () => {
    // Prepare
    const logFile = join(folder, 'a.log');
    const full = step('a', 2, () =>
      run('sh', ['-c', 'echo write: No space left on device; exit 1'], { logFile }),
    );

    // Act
    const result = runSteps([full], write);

    // Assess
    await expect(result).rejects.toMatchObject({ code: 'MR307' });
  });

  it('say of a command that is not there that it cannot be started', async () => {
    // Prepare
    const absent = step('a', 1, () => run('no-such-command', [], { logFile: join(folder, 'a.log') }));

    // Act
    const result = runSteps([absent], write);

    // Assess
    await expect(result).rejects.toThrow('no-such-command cannot be started');
  });

  it('pass on an error that has a code already', async () => {
    // Prepare
    const error = new SetupError('MR305', 'jars differ', { where: 'here', mend: 'mend' });

    // Act
    const result = runSteps([step('a', 1, () => Promise.reject(error))], write);

    // Assess
    await expect(result).rejects.toBe(error);
  });
});
