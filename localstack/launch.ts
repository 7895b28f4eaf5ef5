import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../lib/errors.ts';
import type { EnvironmentOptions } from './environment.ts';
import { foldersOf, runningState, type State } from './state.ts';

export type LaunchOptions = EnvironmentOptions;

const POLL_MS = 100;
const DAEMON = fileURLToPath(new URL('./daemon.ts', import.meta.url));

/** A toolchain may look its paths up when they are read; the daemon gets them as plain text. */
function plainToolchain({ toolchain }: LaunchOptions): EnvironmentOptions['toolchain'] {
  const { node, python, java, minio, jarsKafka, sparkClassPath, sparkClasses } = toolchain;
  return { node, python, java, minio, jarsKafka, sparkClassPath, sparkClasses };
}

/**
 * Starts a local run in a process of its own that outlives this one, and waits until it is ready. `stopRun` of
 * state.ts stops it.
 *
 * @throws MR423 with the reason, if it does not get ready
 */
export async function launch(options: LaunchOptions): Promise<State> {
  const { log, ...plain } = options;
  const stateDir = resolve(options.stateDir);
  const { logs } = foldersOf(stateDir);
  await mkdir(logs, { recursive: true, mode: 0o700 });
  const file = join(stateDir, 'launch.json');
  const toolchain = plainToolchain(options);
  const handed = { ...plain, toolchain, stateDir, cdkOut: resolve(options.cdkOut) };
  // Endpoints given from outside come with credentials.
  await writeFile(file, JSON.stringify(handed), { mode: 0o600 });

  const logFile = join(logs, 'daemon.log');
  await writeFile(logFile, '');
  const output = openSync(logFile, 'a');
  // kafkajs 2.2.4 asks for timers in the past, of which Node 24 warns.
  const args = ['--disable-warning=TimeoutNegativeWarning', DAEMON, file];
  const daemon = spawn(toolchain.node, args, { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  daemon.once('exit', end);
  daemon.once('error', end);

  for (let shown = 0; ; await sleep(POLL_MS)) {
    const over = ended;
    const text = await readFile(logFile, 'utf8');
    const whole = text.slice(shown, text.lastIndexOf('\n') + 1);
    shown += whole.length;
    // Each line begins with its time; what follows without one belongs to the line before.
    const lines = whole
      .split(/^\d{4}-\d\d-\d\dT\S+Z /m)
      .map((line) => line.trimEnd())
      .filter((line) => line !== '');
    for (const line of lines) {
      if (line.startsWith('failed: ')) throw failure(line.slice('failed: '.length), logFile);
      if (line !== 'ready') log(line);
    }
    const state = lines.includes('ready') ? await runningState(stateDir) : undefined;
    if (state !== undefined) {
      daemon.unref();
      return state;
    }
    if (over) throw failure('the process of the local run ended', logFile);
  }
}

function failure(reason: string, logFile: string): MillraceError {
  return new MillraceError('MR423', `the local run did not start: ${reason}`, {
    where: logFile,
    mend: 'mend what is named above, then try again',
  });
}
