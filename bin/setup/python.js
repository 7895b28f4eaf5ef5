/**
 * The Python environment of requirements.txt, in the cache. It cannot be moved once made, so it is made where it
 * stays, under a name that is used once; a file written last makes it valid.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cacheSubfolder, root } from './cache.js';
import { run } from './child.js';
import { findPython } from './prerequisites.js';

export const requirementsFile = join(root, 'localstack', 'python', 'requirements.txt');
const complete = '.complete';

function environments() {
  const pins = readFileSync(requirementsFile, 'utf8').replace(/^\s*#.*\n/gm, '');
  const hash = createHash('sha256').update(pins).digest('hex').slice(0, 12);
  const prefix = `${process.platform}-${process.arch}-${hash}-`;
  const folder = join(cacheFolder(), 'python');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];
  return { folder, prefix, names: names.sort() };
}

/** The interpreter of the environment, or undefined while there is none (or the Python it was made from is gone). */
export function pythonFile() {
  const { folder, names } = environments();
  return names
    .filter((name) => existsSync(join(folder, name, complete)))
    .map((name) => join(folder, name, 'bin', 'python'))
    .findLast((file) => existsSync(file));
}

export async function installPython(logFile) {
  const { folder, prefix, names } = environments();
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
  const python = findPython();
  const version = python.version.split('.').slice(0, 2).join('.');
  const environment = cacheSubfolder('python', `${prefix}${version}-${randomBytes(3).toString('hex')}`);
  const interpreter = join(environment, 'bin', 'python');
  await run(python.path, ['-m', 'venv', environment], { logFile });
  // Plain pip, so that the user's settings of it hold; modules that are never imported need no compiling.
  const words = ['-m', 'pip', 'install', '--require-hashes', '--no-compile', '--progress-bar', 'off'];
  await run(interpreter, [...words, '--requirement', requirementsFile], { logFile });
  writeFileSync(join(environment, complete), `${python.version}\n`);
}
