import { MillraceError } from '../../../lib/errors.ts';

/** The error of a dataset that is declared and is not part of the run. */
export function notPartOfRun(dataset: string): MillraceError {
  return new MillraceError('MR608', `${dataset} is declared, and not part of this run`, {
    where: 'the local run',
    mend: 'run `npx millrace up` again: it makes what the templates have and the run has not',
  });
}

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
