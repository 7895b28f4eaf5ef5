import type { Command } from 'commander';
import { demandedDays, withDays } from './remake/days.ts';
import { remaking } from './remake/remaking.ts';
import { rerunText } from './remake/texts.ts';

export function register(program: Command): void {
  const command = program
    .command('rerun')
    .description('compute windows and gold of some days again from silver; safe to repeat');
  withDays(command, 'windows and gold').action(
    remaking({ days: demandedDays, remake: 'windows', reports: 'rerun', text: rerunText, gold: true }),
  );
}
