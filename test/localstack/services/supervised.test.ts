import { describe, expect, it } from 'vitest';
import type { Child } from '../../../localstack/services/child.ts';
import type { ServiceExit } from '../../../localstack/services/service.ts';
import { supervise } from '../../../localstack/services/supervised.ts';

/** A service that dies on demand. */
function fake() {
  const started: { die(): void; stopped: boolean }[] = [];
  const start = async (): Promise<Child> => {
    const callbacks: ((exit: ServiceExit) => void)[] = [];
    const exit: ServiceExit = {
      name: 'thing',
      code: null,
      signal: 'SIGKILL',
      logFile: '/log',
      tail: 'last words',
    };
    const one = { die: () => callbacks.forEach((callback) => void callback(exit)), stopped: false };
    started.push(one);
    return {
      name: 'thing',
      endpoint: 'here',
      onExit: (callback: (exit: ServiceExit) => void) => callbacks.push(callback),
      stop: async () => {
        one.stopped = true;
      },
    } as unknown as Child;
  };
  return { start, started };
}

const settle = () => new Promise((done) => setImmediate(done));

describe('supervise', () => {
  it('brings a dead service back three times, then says that it failed', async () => {
    // Prepare
    const { start, started } = fake();
    const lines: string[] = [];
    const failed: ServiceExit[] = [];
    await supervise({ start, log: (line) => lines.push(line), failed: (exit) => failed.push(exit) });

    // Act
    for (let death = 0; death < 4; death += 1) {
      started.at(-1)?.die();
      await settle();
    }

    // Assess
    expect(started).toHaveLength(4);
    expect(lines).toHaveLength(3);
    expect(failed).toEqual([expect.objectContaining({ tail: 'last words' })]);
  });

  it('leaves a stopped service stopped', async () => {
    // Prepare
    const { start, started } = fake();
    const service = await supervise({ start, log: () => undefined, failed: () => undefined });

    // Act
    await service.stop();
    started[0]?.die();
    await settle();

    // Assess
    expect(started).toEqual([expect.objectContaining({ stopped: true })]);
  });
});
