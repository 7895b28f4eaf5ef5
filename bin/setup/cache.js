/** The user's cache, shared by clones: downloads and builds of the set-up, and nothing of a run. */
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './errors.js';
import { heldLocks } from './lock.js';

/** The clone this file stands in. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** MILLRACE_CACHE, else XDG_CACHE_HOME/millrace, else ~/.cache/millrace. Need not exist. */
export function cacheFolder() {
  const { MILLRACE_CACHE, XDG_CACHE_HOME } = process.env;
  if (MILLRACE_CACHE) return resolve(MILLRACE_CACHE);
  if (XDG_CACHE_HOME) return resolve(XDG_CACHE_HOME, 'millrace');
  return join(homedir(), '.cache', 'millrace');
}

/** Makes a folder inside the cache; a cache that cannot be written is MR309. */
export function cacheSubfolder(...names) {
  const folder = join(cacheFolder(), ...names);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SetupError('MR309', `cannot write the cache: ${cause.message}`, {
      where: folder,
      mend: 'make the folder writable, or set MILLRACE_CACHE to one that is',
      cause,
    });
  }
  return folder;
}

/** Free bytes of the file system that `folder`, or its nearest parent that exists, lies on. */
export function freeBytes(folder) {
  let place = folder;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  return bavail * bsize;
}

/** Deletes the cache. A set-up that is under way (a lock that is held) is MR308. */
export function purgeCache() {
  const folder = cacheFolder();
  const held = heldLocks(join(folder, 'locks'));
  if (held.length > 0) {
    throw new SetupError(
      'MR308',
      `a set-up is under way: ${held.map((lock) => `pid ${lock.pid}`).join(', ')}`,
      {
        where: folder,
        mend: 'wait until it has ended, then purge again',
      },
    );
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** The `cache` command: says where the cache is and what it holds; `--purge` deletes it. Returns an exit code. */
export function cacheCommand(words) {
  const folder = cacheFolder();
  const unknown = words.find((word) => word !== '--purge' && word !== '--json');
  if (unknown !== undefined) {
    process.stderr.write(`error: unknown option '${unknown}'\nusage: millrace cache [--purge] [--json]\n`);
    return 2;
  }
  const purge = words.includes('--purge');
  if (purge) purgeCache();
  const holds = existsSync(folder) ? readdirSync(folder).sort() : [];
  if (words.includes('--json')) process.stdout.write(`${JSON.stringify({ folder, holds, purged: purge })}\n`);
  else if (purge) process.stderr.write(`deleted ${folder}\n`);
  else process.stdout.write(`${[folder, ...holds.map((name) => `  ${name}`)].join('\n')}\n`);
  return 0;
}
