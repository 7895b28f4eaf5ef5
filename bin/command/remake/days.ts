import type { Command } from 'commander';
import { MillraceError } from '../../../lib/errors.ts';
import { day } from '../quarantine/asking.ts';

/** UTC days, both inclusive. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

export interface RemakeOptions extends Partial<Days> {
  readonly stage?: string;
  readonly json?: true;
}

/** What rebuild, backfill and rerun have in common; `whose` says what the days are of. */
export function withDays(command: Command, whose: string): Command {
  return command
    .argument('<dataset>', 'its name')
    .option('--from <day>', `from this day on (UTC, of ${whose})`, day)
    .option('--to <day>', 'up to this day', day)
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print JSON');
}

/** The days that are named. @throws MillraceError MR860: only one is, or they are the wrong way round */
export function daysOf({ from, to }: Partial<Days>): Days | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined || from > to) {
    throw new MillraceError('MR860', `no range of days: ${from ?? 'nothing'} to ${to ?? 'nothing'}`, {
      where: '--from, --to',
      mend: 'give both as YYYY-MM-DD, the first day first',
    });
  }
  return { from, to };
}

/** The days, where the command cannot do without. @throws MillraceError MR860 */
export function demandedDays(options: Partial<Days>): Days {
  const days = daysOf(options);
  if (days !== undefined) return days;
  throw new MillraceError('MR860', 'no days are named', {
    where: '--from, --to',
    mend: 'give both as YYYY-MM-DD, the first day first',
  });
}
