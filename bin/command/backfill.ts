import type { Command } from 'commander';
import { demandedDays, withDays } from './remake/days.ts';
import { remaking } from './remake/remaking.ts';
import { backfillText } from './remake/texts.ts';

export function register(program: Command): void {
  const command = program
    .command('backfill')
    .description('put what bronze holds of some days, and silver lacks, into silver; safe to repeat');
  withDays(command, 'the Kafka timestamp').action(
    remaking({ days: demandedDays, remake: 'backfill', reports: 'backfill', text: backfillText }),
  );
}
