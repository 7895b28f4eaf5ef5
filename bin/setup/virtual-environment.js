/**
 * A Python environment of a requirements file with hashes, in the cache. It cannot be moved once made, so it is made
 * where it stays, under a name that is used once; a file written last makes it valid.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cacheSubfolder } from './cache.js';
import { run } from './child.js';

const complete = '.complete';

function environments(shelf, requirements) {
  const pins = readFileSync(requirements, 'utf8').replace(/^\s*#.*\n/gm, '');
  const hash = createHash('sha256').update(pins).digest('hex').slice(0, 12);
  const prefix = `${process.platform}-${process.arch}-${hash}-`;
  const folder = join(cacheFolder(), shelf);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];
  return { folder, prefix, names: names.sort() };
}

/** Its interpreter, or undefined while there is none (or the Python it was made from is gone). */
export function interpreterOf(shelf, requirements) {
  const { folder, names } = environments(shelf, requirements);
  return names
    .filter((name) => existsSync(join(folder, name, complete)))
    .map((name) => join(folder, name, 'bin', 'python'))
    .findLast((file) => existsSync(file));
}

/**
 * Makes it in a folder of the cache.
 * @param {{ path: string, version: string }} python what it is made from
 */
export async function makeEnvironment(shelf, requirements, python, logFile) {
  const { folder, prefix, names } = environments(shelf, requirements);
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
  const version = python.version.split('.').slice(0, 2).join('.');
  const environment = cacheSubfolder(shelf, `${prefix}${version}-${randomBytes(3).toString('hex')}`);
  const interpreter = join(environment, 'bin', 'python');
  await run(python.path, ['-m', 'venv', environment], { logFile });
  // Plain pip, so that the user's settings of it hold; modules that are never imported need no compiling.
  const words = ['-m', 'pip', 'install', '--require-hashes', '--no-compile', '--progress-bar', 'off'];
  await run(interpreter, [...words, '--requirement', requirements], { logFile });
  writeFileSync(join(environment, complete), `${python.version}\n`);
}
