import type { Command } from 'commander';
import { stopRun } from '../../localstack/state.ts';
import { upFolder } from './running.ts';

async function stop({ purge = false, json }: { purge?: boolean; json?: true }): Promise<void> {
  const begun = Date.now();
  const ran = await stopRun(upFolder, { purge });
  const seconds = Math.round((Date.now() - begun) / 1000);
  const stopped = ran ? `stopped in ${seconds} s` : 'nothing was running';
  if (json === true) process.stdout.write(`${JSON.stringify({ ran, purged: purge, seconds })}\n`);
  process.stderr.write(`${stopped}; ${purge ? 'the data is deleted' : 'the data is kept'}\n`);
}

export function register(program: Command): void {
  program
    .command('down')
    .description('stop everything; --purge deletes the data too')
    .option('--purge', 'delete the data and the logs too')
    .option('--json', 'print JSON')
    .action(stop);
}
