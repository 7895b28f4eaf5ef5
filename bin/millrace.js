#!/usr/bin/env node
/** The `millrace` command: does the set-up that is missing, then goes on under the project's own Node.js. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheCommand, root } from './setup/cache.js';
import { commands, helpText, plainHelpText } from './setup/commands.js';
import { doctorCommand } from './setup/doctor.js';
import { SetupError } from './setup/errors.js';
import { exitCodes } from './setup/exit-codes.js';
import { handOver } from './setup/handover.js';
import { ensure, setupCommand } from './setup/index.js';

const plain = { cache: cacheCommand, doctor: doctorCommand, setup: setupCommand };

async function main(words) {
  const [first, ...rest] = words;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    process.stdout.write(helpText());
    return exitCodes.ok;
  }
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`);
    return exitCodes.ok;
  }
  if (!Object.hasOwn(commands, first)) {
    process.stderr.write(`error: unknown command '${first}'\n\n${helpText()}`);
    return exitCodes.usage;
  }
  const asksHelp = rest.includes('--help') || rest.includes('-h');
  if (Object.hasOwn(plain, first)) {
    if (!asksHelp) return plain[first](rest);
    process.stdout.write(plainHelpText(first));
    return exitCodes.ok;
  }
  await ensure(asksHelp ? ['node_modules'] : commands[first].needs);
  return handOver([join(root, 'bin', 'command', 'main.ts'), ...words]);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof SetupError ? error : (error.stack ?? error)}\n`);
  process.exitCode = exitCodes.failed;
}
