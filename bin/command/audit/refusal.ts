import { MillraceError } from '../../../lib/errors.ts';

/** The error of a wait whose time was up. */
export function notThrough(missing: readonly string[], seconds: number): MillraceError {
  return new MillraceError(
    'MR602',
    `not everything is through after ${seconds} s:\n  ${missing.join('\n  ')}`,
    {
      where: 'the local run',
      mend: 'wait longer, or see what stands still: `npx millrace status`, `npx millrace logs`',
    },
  );
}
