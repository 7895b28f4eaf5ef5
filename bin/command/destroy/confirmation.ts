import { createInterface } from 'node:readline/promises';
import { MillraceError } from '../../../lib/errors.ts';

/** Asks for the stage's name. @throws MillraceError MR722 for any other answer, and where nobody can be asked */
export async function confirm(stage: string): Promise<void> {
  if (!process.stdin.isTTY) throw refusal(stage, 'nobody can be asked: the input is no terminal');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`type the stage's name to delete all of that: `);
    if (answer.trim() !== stage) throw refusal(stage, `the answer is not ${stage}`);
  } finally {
    terminal.close();
  }
}

function refusal(stage: string, why: string): MillraceError {
  return new MillraceError('MR722', `nothing was destroyed: ${why}`, {
    where: `stage ${stage}`,
    mend: `run it in a terminal, or with --yes`,
  });
}
