import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { wholeProgram } from './modules.ts';

/**
 * `completion SHELL` prints the script of a shell, which then asks `complete -- WORD...` at each tab. Both come from the
 * declared commands, options and choices.
 */
export function register(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes the commands in a shell')
    .argument('<shell>', 'bash, zsh, fish or powershell')
    .action(answer);
  program
    .command('complete', { hidden: true })
    .description('what that script asks')
    .argument('[words...]', 'what is typed so far')
    .allowUnknownOption()
    .action(answer);
}

async function answer(): Promise<void> {
  const program = await wholeProgram();
  tab(program, { completionCommandName: 'completion' });
  await program.parseAsync(process.argv.slice(2), { from: 'user' });
}
