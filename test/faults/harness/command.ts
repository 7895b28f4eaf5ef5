import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeFile } from '../../../bin/setup/node-modules.js';
import type { Lab } from './lab.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A command as a user runs it, on the lab's run. @returns its stdout @throws Error with what it said */
export async function millrace(lab: Lab, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(nodeFile, [join(root, 'bin', 'millrace.js'), ...words], {
    cwd: root,
    env: { ...process.env, MILLRACE_STATE: lab.stateDir },
    maxBuffer: 2 ** 26,
  });
  return stdout;
}
