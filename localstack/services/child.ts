import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../lib/errors.ts';
import { logTail } from './log-tail.ts';
import { dropRecord, endProcess, type ProcessRecord, startMark, writeRecord } from './process-record.ts';
import type { Service, ServiceExit } from './service.ts';

export interface ChildOptions {
  readonly name: string;
  readonly endpoint: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** stdout and stderr are appended here. */
  readonly logFile: string;
  /** Folder of the process records. */
  readonly records: string;
  /** Answers true once the service serves. @default ready as soon as it is started */
  readonly healthy?: () => Promise<boolean>;
  /** @default 60 000 */
  readonly readyWithinMs?: number;
  /** Between SIGTERM and SIGKILL. @default 10 000 */
  readonly graceMs?: number;
  /** `pipe`: the caller talks to it over stdin and stdout, only stderr is logged. @default 'log' */
  readonly talk?: 'log' | 'pipe';
}

export interface Child extends Service {
  readonly process: ChildProcess;
  /** Resolves when it has ended, asked or not. */
  readonly ended: Promise<ServiceExit>;
}

const HEALTH_EVERY_MS = 100;

/** What a child process needs of the caller's environment; secrets and AWS settings of the user are not passed on. */
export function baseEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'USER'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function launch(options: ChildOptions): Promise<ChildProcess> {
  await mkdir(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const stdio =
      options.talk === 'pipe' ? (['pipe', 'pipe', log] as const) : (['ignore', log, log] as const);
    const child = spawn(options.command, options.args, {
      env: options.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: [...stdio],
      // Its own group: a Ctrl-C in the terminal reaches the owner only, which then stops the parts in order.
      detached: true,
    });
    await new Promise<void>((done, failed) => {
      child.once('spawn', done);
      child.once('error', failed);
    });
    return child;
  } catch (cause) {
    throw new MillraceError('MR411', `${options.name} cannot be started`, {
      where: options.command,
      mend: 'run `millrace doctor`, which says what is missing and how to get it',
      cause,
    });
  } finally {
    closeSync(log);
  }
}

async function untilHealthy(options: ChildOptions, ended: Promise<ServiceExit>): Promise<void> {
  const healthy = options.healthy;
  if (healthy === undefined) return;
  const within = options.readyWithinMs ?? 60_000;
  let exit: ServiceExit | undefined;
  void ended.then((value) => {
    exit = value;
  });
  for (const deadline = Date.now() + within; Date.now() < deadline; await sleep(HEALTH_EVERY_MS)) {
    if (exit !== undefined) {
      throw new MillraceError(
        'MR412',
        `${options.name} ended while starting (${exit.signal ?? `code ${exit.code}`})\n${exit.tail}`,
        {
          where: options.logFile,
          mend: 'the last lines of its log are above',
        },
      );
    }
    if (await healthy().catch(() => false)) return;
  }
  throw new MillraceError(
    'MR413',
    `${options.name} did not answer within ${within / 1000} s\n${logTail(options.logFile)}`,
    {
      where: options.logFile,
      mend: 'the machine may be too busy: close other programs and try again',
    },
  );
}

/**
 * Starts a child process, waits until it is healthy, and records it while it lives.
 *
 * @throws MR411 cannot be started, MR412 ended while starting, MR413 never became healthy
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const child = await launch(options);
  const pid = child.pid ?? 0;
  const record: ProcessRecord = { name: options.name, pid, started: startMark(pid) ?? '' };

  let asked = false;
  const callbacks: ((exit: ServiceExit) => void)[] = [];
  const ended = new Promise<ServiceExit>((done) => {
    child.once('exit', (code, signal) => {
      const exit = {
        name: options.name,
        code,
        signal,
        logFile: options.logFile,
        tail: logTail(options.logFile),
      };
      void dropRecord(options.records, options.name);
      done(exit);
      if (!asked) for (const callback of callbacks) callback(exit);
    });
  });
  const stop = async (): Promise<void> => {
    asked = true;
    await endProcess(record, { graceMs: options.graceMs ?? 10_000, group: true });
    await ended;
    await dropRecord(options.records, options.name);
  };

  if (record.started !== '') await writeRecord(options.records, record);
  try {
    await untilHealthy(options, ended);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name: options.name,
    endpoint: options.endpoint,
    pid,
    process: child,
    ended,
    stop,
    onExit: (callback) => {
      callbacks.push(callback);
    },
  };
}
