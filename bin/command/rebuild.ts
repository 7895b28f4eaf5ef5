import type { Command } from 'commander';
import { daysOf, withDays } from './remake/days.ts';
import { remaking } from './remake/remaking.ts';
import { rebuildText } from './remake/texts.ts';

export function register(program: Command): void {
  const command = program
    .command('rebuild')
    .description('make silver anew from bronze, all of it or some days, with the stream paused for seconds');
  withDays(command, "silver's partition time").action(
    remaking({ days: daysOf, remake: 'silver', reports: 'rebuild', text: rebuildText }),
  );
}
