import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { dropRecord, startMark, writeRecord } from '../services/process-record.ts';
import { FunctionError } from './function-error.ts';

export interface SandboxOptions {
  readonly name: string;
  readonly functionArn: string;
  /** The unpacked bundle: LAMBDA_TASK_ROOT. */
  readonly codeDir: string;
  /** `index.handler` */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** File descriptor that takes the function's stdout and stderr. */
  readonly log: number;
  readonly nodePath: string;
  /** Folder of the process records. @default it is not recorded */
  readonly records?: string | undefined;
}

/** One process of a function with a Runtime API of its own, as an execution environment of Lambda: one invocation at a time. */
export interface Sandbox {
  readonly pid: number;
  /** False once the process has ended, or was killed at a deadline. */
  readonly alive: boolean;
  /** Resolves with the answer's JSON; rejects with a FunctionError. */
  invoke(requestId: string, payload: Buffer): Promise<Buffer>;
  kill(): Promise<void>;
  /** Resolves when the process is gone, and its record too. */
  readonly gone: Promise<void>;
}

const runtime = fileURLToPath(new URL('./runtime.mjs', import.meta.url));
/** Lambda gives a function 10 s to get ready, and then again the whole of its time-out. */
const initMs = (timeoutSeconds: number): number => Math.max(10, timeoutSeconds) * 1000;

function environmentOf(options: SandboxOptions, port: number): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    LANG: 'en_US.UTF-8',
    ...options.environment,
    TZ: 'UTC',
    _HANDLER: options.handler,
    LAMBDA_TASK_ROOT: options.codeDir,
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_FUNCTION_NAME: options.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(options.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${options.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `[$LATEST]${randomUUID().replaceAll('-', '')}`,
  };
}

function start(options: SandboxOptions, port: number): ChildProcess {
  // As Lambda's own runtime does: the heap gets nine tenths, the rest is for buffers and code.
  const heapMb = Math.floor(options.memoryMb * 0.9);
  return spawn(options.nodePath, [`--max-old-space-size=${heapMb}`, runtime], {
    cwd: options.codeDir,
    env: environmentOf(options, port),
    stdio: ['ignore', options.log, options.log],
    // Its own group, as every recorded process: whoever ends a recorded one ends its group.
    detached: true,
  });
}

async function record({ name, records }: SandboxOptions, pid: number | undefined): Promise<void> {
  const started = pid === undefined ? undefined : startMark(pid);
  if (records === undefined || pid === undefined || started === undefined) return;
  await writeRecord(records, { name: `function-${name}`, pid, started });
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Reported {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** Starts the process; resolves once its handler is loaded, rejects with a FunctionError (`crash`) where it never is. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { name, functionArn, timeoutSeconds } = options;
  // The runtime asks for its next invocation before there is one, or there is one before it asks.
  let idle: ServerResponse | undefined;
  let deliver: ((response: ServerResponse) => void) | undefined;
  let alive = true;
  const ready = Promise.withResolvers<void>();
  let current:
    | { requestId: string; resolve(body: Buffer): void; reject(error: FunctionError): void }
    | undefined;

  const fail = (kind: 'handled' | 'timeout' | 'crash', errorType: string, message: string): void => {
    const error = new FunctionError(kind, name, errorType, message);
    ready.reject(error);
    current?.reject(error);
    current = undefined;
  };

  const next = (response: ServerResponse): void => {
    ready.resolve();
    if (deliver === undefined) idle = response;
    else deliver(response);
    deliver = undefined;
  };
  const take = async (path: string, message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(message);
    response.writeHead(202).end();
    if (path === `invocation/${current?.requestId}/response`) {
      current?.resolve(body);
      current = undefined;
      return;
    }
    const { errorType, errorMessage } = JSON.parse(body.toString()) as Reported;
    fail(path === 'init/error' ? 'crash' : 'handled', errorType, errorMessage);
  };
  const server = createServer((message, response) => {
    const path = (message.url ?? '').replace('/2018-06-01/runtime/', '');
    if (message.method === 'GET' && path === 'invocation/next') next(response);
    // A process killed while it answers leaves half a message; its end is what counts, and is seen below.
    else take(path, message, response).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const child = start(options, (server.address() as AddressInfo).port);
  const recorded = record(options, child.pid);
  const exited = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      alive = false;
      fail('crash', 'Runtime.ExitError', why);
      server.close();
      server.closeAllConnections();
      if (options.records === undefined) resolve();
      else
        void recorded
          .then(() => dropRecord(options.records ?? '', `function-${name}`))
          .then(resolve, resolve);
    };
    child.once('exit', (code, signal) => end(`the process ended with ${signal ?? `exit status ${code}`}`));
    child.once('error', (error) => end(error.message));
  });
  const kill = (): Promise<void> => {
    alive = false;
    child.kill('SIGKILL');
    return exited;
  };

  const initTimer = setTimeout(
    () => fail('crash', 'Sandbox.Timedout', 'not ready in time'),
    initMs(timeoutSeconds),
  );
  try {
    await ready.promise;
  } catch (error) {
    await kill();
    throw error;
  } finally {
    clearTimeout(initTimer);
  }

  const send = (requestId: string, payload: Buffer): void => {
    const headers = {
      'content-type': 'application/json',
      'content-length': payload.length,
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': Date.now() + timeoutSeconds * 1000,
      'lambda-runtime-invoked-function-arn': functionArn,
    };
    const write = (response: ServerResponse): void => void response.writeHead(200, headers).end(payload);
    if (idle === undefined) deliver = write;
    else write(idle);
    idle = undefined;
  };

  return {
    pid: child.pid ?? 0,
    get alive() {
      return alive;
    },
    kill,
    gone: exited,
    invoke: async (requestId, payload) => {
      const answer = Promise.withResolvers<Buffer>();
      current = { requestId, resolve: answer.resolve, reject: answer.reject };
      const timer = setTimeout(() => {
        fail('timeout', 'Sandbox.Timedout', `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`);
        void kill();
      }, timeoutSeconds * 1000);
      send(requestId, payload);
      try {
        return await answer.promise;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
