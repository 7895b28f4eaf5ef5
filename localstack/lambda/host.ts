import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { FunctionError } from './function-error.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';

export interface FunctionOptions {
  readonly name: string;
  /** Directory of the unpacked bundle. */
  readonly codeDir: string;
  /** `index.handler` */
  readonly handler: string;
  /** All that the function is to see beside Lambda's own variables: nothing is inherited but PATH. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Takes the function's stdout and stderr, and Lambda's START, END and REPORT lines. Appended to. */
  readonly logFile: string;
  /** The Node binary that stands for the function's runtime. */
  readonly nodePath: string;
  /** Folder of the process records. @default its processes are not recorded */
  readonly records?: string;
  /** @default an ARN of account 000000000000 in us-east-1 */
  readonly functionArn?: string;
}

export interface HostedFunction {
  /**
   * Invokes the function and resolves with its answer; rejects with a FunctionError. A Buffer or string is taken as the
   * event's JSON as it stands. One invocation at a time; others wait in order.
   */
  invoke(event: unknown): Promise<unknown>;
  /** Ends the process; invocations that wait are rejected. */
  stop(): Promise<void>;
}

function payloadOf(event: unknown): Buffer {
  if (Buffer.isBuffer(event)) return event;
  return Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
}

/**
 * Hosts a function as Lambda does: its bundle in a Node process of its own, started at the first invocation, kept
 * warm, killed at its time-out, and started anew at the next invocation once it has ended.
 */
export async function startFunction(options: FunctionOptions): Promise<HostedFunction> {
  const log = openSync(options.logFile, 'a');
  const functionArn = options.functionArn ?? `arn:aws:lambda:us-east-1:000000000000:function:${options.name}`;
  let sandbox: Sandbox | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let stopped = false;

  const note = (line: string): void => void writeSync(log, `${line}\n`);
  const refuseWhenStopped = (): void => {
    if (stopped)
      throw new FunctionError('crash', options.name, 'Runtime.ExitError', 'the function was stopped');
  };
  const warm = async (): Promise<Sandbox> => {
    if (sandbox?.alive) return sandbox;
    await sandbox?.gone;
    const started = await startSandbox({ ...options, functionArn, log });
    sandbox = started;
    if (stopped) await started.kill();
    return started;
  };
  const invokeNow = async (payload: Buffer): Promise<unknown> => {
    refuseWhenStopped();
    const requestId = randomUUID();
    const running = await warm();
    refuseWhenStopped();
    note(`START RequestId: ${requestId} Version: $LATEST`);
    const start = performance.now();
    let end = 'success';
    try {
      return JSON.parse((await running.invoke(requestId, payload)).toString());
    } catch (error) {
      end = error instanceof FunctionError ? error.kind : 'error';
      throw error;
    } finally {
      const duration = `Duration: ${(performance.now() - start).toFixed(2)} ms`;
      note(`END RequestId: ${requestId}`);
      note(
        `REPORT RequestId: ${requestId}\t${duration}\tMemory Size: ${options.memoryMb} MB\tStatus: ${end}`,
      );
    }
  };

  return {
    invoke: (event) => {
      const answer = last.then(() => invokeNow(payloadOf(event)));
      last = answer.catch(() => undefined);
      return answer;
    },
    stop: async () => {
      if (stopped) return;
      stopped = true;
      await sandbox?.kill();
      await last;
      closeSync(log);
    },
  };
}
