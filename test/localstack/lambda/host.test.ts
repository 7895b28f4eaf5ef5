import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FunctionError } from '../../../localstack/lambda/function-error.ts';
import { type FunctionOptions, type HostedFunction, startFunction } from '../../../localstack/lambda/host.ts';

const source = `
import { setTimeout } from 'node:timers/promises';
let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  switch (event.ask) {
    case 'throw': throw new TypeError('no such thing');
    case 'exit': process.exit(3);
    case 'hang': await setTimeout(60_000); return;
    case 'spin': for (;;);
    case 'hoard': { const held = []; for (;;) held.push(new Array(10_000).fill(calls)); }
    case 'late': queueMicrotask(() => { throw new Error('nobody catches this'); }); await setTimeout(60_000); return;
    case 'size': return event.text.length;
    case 'nothing': return undefined;
    case 'big': return 'x'.repeat(event.length);
    case 'print': console.log('printed ' + event.text); return;
    default: return {
      calls, event, pid: process.pid, zone: process.env.TZ, offset: new Date().getTimezoneOffset(), seen: process.env.SEEN,
      home: process.env.HOME, root: process.env.LAMBDA_TASK_ROOT, name: process.env.AWS_LAMBDA_FUNCTION_NAME,
      memory: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, heapMb: Math.round(process.execArgv[0].split('=')[1]),
      context: { ...context, remaining: context.getRemainingTimeInMillis() },
    };
  }
};
export const notAFunction = 1;
`;

interface Answer {
  readonly calls: number;
  readonly pid: number;
  readonly [name: string]: unknown;
}

let directory: string;
let hosted: HostedFunction[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-host-'));
  hosted = [];
  await writeFile(join(directory, 'index.mjs'), source);
});

afterEach(async () => {
  await Promise.all(hosted.map((each) => each.stop()));
  await rm(directory, { recursive: true });
});

async function host(options: Partial<FunctionOptions> = {}): Promise<HostedFunction> {
  const started = await startFunction({
    name: 'toy',
    codeDir: directory,
    handler: 'index.handler',
    environment: { SEEN: 'yes' },
    memoryMb: 128,
    timeoutSeconds: 5,
    logFile: join(directory, 'toy.log'),
    nodePath: process.execPath,
    ...options,
  });
  hosted.push(started);
  return started;
}

const failureOf = (answer: Promise<unknown>): Promise<FunctionError> =>
  answer.then(
    () => expect.fail('the invocation succeeded'),
    (error) => error as FunctionError,
  );
const log = (): Promise<string> => readFile(join(directory, 'toy.log'), 'utf8');

describe('startFunction', () => {
  it("invokes the handler with the event and Lambda's context and environment", async () => {
    // Prepare
    const toy = await host();

    // Act
    const answer = (await toy.invoke({ greeting: 'hello' })) as Answer;

    // Assess
    expect(answer).toMatchObject({
      calls: 1,
      event: { greeting: 'hello' },
      zone: 'UTC',
      offset: 0,
      seen: 'yes',
      root: directory,
      name: 'toy',
      memory: '128',
      heapMb: 115,
      context: {
        functionName: 'toy',
        functionVersion: '$LATEST',
        memoryLimitInMB: '128',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:toy',
        logGroupName: '/aws/lambda/toy',
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    expect(answer.home).toBeUndefined();
    const { remaining } = answer.context as { remaining: number };
    expect(remaining).toBeGreaterThan(3_000);
    expect(remaining).toBeLessThanOrEqual(5_000);
  });

  it('keeps the process warm, and answers invocations one at a time in order', async () => {
    // Prepare
    const toy = await host();

    // Act
    const answers = (await Promise.all([1, 2, 3].map((event) => toy.invoke({ event })))) as Answer[];

    // Assess
    expect(answers.map(({ calls }) => calls)).toEqual([1, 2, 3]);
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
  });

  it("takes a Buffer as the event's JSON, 6 MB of it, and answers as much", async () => {
    // Prepare
    const toy = await host();
    const payload = Buffer.from(JSON.stringify({ ask: 'size', text: 'y'.repeat(6 * 1024 * 1024 - 100) }));
    await toy.invoke({});

    // Act
    const size = await toy.invoke(payload);
    const big = await toy.invoke({ ask: 'big', length: 5_000_000 });

    // Assess
    expect(size).toBe(6 * 1024 * 1024 - 100);
    expect(big).toHaveLength(5_000_000);
  });

  it('answers null where the handler returns nothing', async () => {
    // Prepare
    const toy = await host();

    // Act
    const answer = await toy.invoke({ ask: 'nothing' });

    // Assess
    expect(answer).toBeNull();
  });

  it("rejects with the handler's error and keeps the process", async () => {
    // Prepare
    const toy = await host();

    // Act
    const error = await failureOf(toy.invoke({ ask: 'throw' }));
    const after = (await toy.invoke({})) as Answer;

    // Assess
    expect(error).toMatchObject({ kind: 'handled', code: 'MR480', errorType: 'TypeError' });
    expect(error.message).toContain('no such thing');
    expect(after.calls).toBe(2);
  });

  it.each(['hang', 'spin'])(
    'kills the process at its deadline where the handler would %s, and starts anew',
    async (ask) => {
      // Prepare
      const toy = await host({ timeoutSeconds: 0.5 });
      const before = (await toy.invoke({})) as Answer;

      // Act
      const error = await failureOf(toy.invoke({ ask }));
      const after = (await toy.invoke({})) as Answer;

      // Assess
      expect(error).toMatchObject({ kind: 'timeout', code: 'MR481', errorType: 'Sandbox.Timedout' });
      expect(error.message).toContain('Task timed out after 0.50 seconds');
      expect(after.pid).not.toBe(before.pid);
      expect(() => process.kill(before.pid, 0)).toThrow();
    },
  );

  it.each([
    ['exit', 'exit status 3'],
    ['late', 'exit status 1'],
    ['hoard', 'SIG'],
  ])('reports a crash where the process would %s, and starts anew', async (ask, why) => {
    // Prepare
    const toy = await host({ timeoutSeconds: 20 });

    // Act
    const error = await failureOf(toy.invoke({ ask }));
    const after = (await toy.invoke({})) as Answer;

    // Assess
    expect(error).toMatchObject({ kind: 'crash', code: 'MR482', errorType: 'Runtime.ExitError' });
    expect(error.message).toContain(why);
    expect(after.calls).toBe(1);
  });

  it('recovers from a kill between two invocations', async () => {
    // Prepare
    const toy = await host();
    const { pid } = (await toy.invoke({})) as Answer;

    // Act
    process.kill(pid, 'SIGKILL');
    const outcomes = await Promise.allSettled([toy.invoke({}), toy.invoke({})]);

    // Assess: the first may still meet the dying process; the second is served by a new one
    expect(outcomes[1]).toMatchObject({ status: 'fulfilled' });
  });

  it.each([
    ['index.notAFunction', 'is undefined or not exported'],
    ['absent.handler', "Cannot find module 'absent'"],
  ])('reports a crash where the handler %s cannot be loaded', async (handler, why) => {
    // Prepare
    const toy = await host({ handler });

    // Act
    const error = await failureOf(toy.invoke({}));

    // Assess
    expect(error.kind).toBe('crash');
    expect(error.message).toContain(why);
  });

  it("writes the function's output and Lambda's lines to the log file", async () => {
    // Prepare
    const toy = await host();

    // Act
    await toy.invoke({ ask: 'print', text: 'this' });
    await failureOf(toy.invoke({ ask: 'throw' }));

    // Assess
    const lines = await log();
    expect(lines).toContain('printed this');
    expect(lines).toContain('TypeError: no such thing');
    expect(lines).toMatch(/START RequestId: \S+ Version: \$LATEST/);
    expect(lines).toMatch(/REPORT RequestId: \S+\tDuration: [\d.]+ ms\tMemory Size: 128 MB\tStatus: handled/);
  });

  it('ends the process when stopped, and refuses what comes after', async () => {
    // Prepare
    const toy = await host();
    const { pid } = (await toy.invoke({})) as Answer;

    // Act
    await toy.stop();
    const error = await failureOf(toy.invoke({}));

    // Assess
    expect(() => process.kill(pid, 0)).toThrow();
    expect(error.kind).toBe('crash');
  });
});
