import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import open from 'open';
import { MillraceError } from '../../lib/errors.ts';
import { millraceFolder } from './running.ts';

export function register(program: Command): void {
  program
    .command('open')
    .description("open the last demo's report in the browser; where there is no display, say its path")
    .option('--json', 'print JSON')
    .action(action);
}

/** Linux shows windows by X11 or Wayland alone; elsewhere a display is taken for granted. */
function hasDisplay(env: NodeJS.ProcessEnv): boolean {
  return process.platform !== 'linux' || Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY);
}

async function action({ json }: { json?: true }): Promise<void> {
  const report = join(millraceFolder, 'report.html');
  if (!existsSync(report)) {
    throw new MillraceError('MR516', 'there is no report yet', {
      where: relative(process.cwd(), report),
      mend: 'run `npm run demo`: it writes one',
    });
  }
  const opened = hasDisplay(process.env);
  if (opened) await open(report);
  const path = relative(process.cwd(), report);
  process.stdout.write(json === true ? `${JSON.stringify({ report: path, opened })}\n` : `${path}\n`);
}
