/** The commands that need the project's packages. bin/millrace.js starts this under the project's Node.js. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { MillraceError } from '../../lib/errors.ts';
import { asDiskFull } from '../../localstack/disk-space.ts';
import { exitCodes } from '../setup/exit-codes.js';
import { programWith } from './modules.ts';
import { asUnreachable } from './unreachable.ts';

/** Errors that say more by their exit code than that something failed. */
const exitCodeOf: Readonly<Record<string, number>> = {
  MR508: exitCodes.interrupted,
  MR603: exitCodes.breach,
  MR604: exitCodes.breach,
};

/** Appends to a log what a terminal need not show. */
function logUnexpected(error: unknown): string {
  const folder = fileURLToPath(new URL('../../.millrace/logs', import.meta.url));
  const file = join(folder, 'millrace.log');
  mkdirSync(folder, { recursive: true });
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  appendFileSync(file, `${new Date().toISOString()} ${process.argv.slice(2).join(' ')}\n${text}\n`);
  return file;
}

/** Says on stderr what went wrong. @returns the exit code */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  // Whatever could not be done for want of credentials: they are what is to be mended.
  const known = asDiskFull(error) ?? asUnreachable(error instanceof MillraceError ? error.cause : error);
  if (known !== undefined) {
    process.stderr.write(`${known}\n`);
    return exitCodes.failed;
  }
  // Not instanceof alone: the set-up's errors (plain JavaScript) have the same form.
  if (error instanceof MillraceError || (error instanceof Error && error.name === 'SetupError')) {
    process.stderr.write(`${error}\n`);
    return ('code' in error ? exitCodeOf[String(error.code)] : undefined) ?? exitCodes.failed;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`unexpected: ${message}\n  where: ${logUnexpected(error)}\n`);
  return exitCodes.failed;
}

async function main(words: readonly string[]): Promise<void> {
  const program = await programWith(words[0] ?? '');
  await program.parseAsync(words, { from: 'user' });
}

// Who reads may stop reading (`millrace logs | head`): then nothing more need be said.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}
