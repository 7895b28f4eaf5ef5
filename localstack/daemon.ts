/**
 * The process that `up` detaches: `node daemon.ts OPTIONS.json`. Runs the environment until SIGTERM or SIGINT.
 * Its stdout is logs/daemon.log, where `launch` reads the progress.
 */
import { readFileSync } from 'node:fs';
import { MillraceError } from '../lib/errors.ts';
import { startEnvironment } from './environment.ts';
import type { LaunchOptions } from './launch.ts';

function say(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}

async function main(path: string): Promise<void> {
  const options = JSON.parse(readFileSync(path, 'utf8')) as Omit<LaunchOptions, 'log'>;
  const asked = new Promise<string>((done) => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => done(name));
  });
  const environment = await startEnvironment({ ...options, log: say });
  const died = new Promise<string>((done) => environment.onFailure((exit) => done(`${exit.name} is gone`)));
  say('ready');
  const why = await Promise.race([asked, died]);
  say(`stopping: ${why}`);
  await environment.stop();
  say('stopped');
  // Not left to run out: a poller that never joined its group would go on trying.
  process.exit(why.startsWith('SIG') ? 0 : 1);
}

try {
  await main(process.argv[2] ?? '');
} catch (error) {
  const text =
    error instanceof MillraceError ? error.toString() : error instanceof Error ? error.stack : error;
  say(`failed: ${text}`);
  process.exit(1);
}
