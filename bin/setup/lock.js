/**
 * A lock between processes, so that two set-ups at once do not write the same place. A lock is a folder (mkdir is
 * atomic) with a file that names its owner; it is stale when the owner is dead.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './errors.js';

/** Between mkdir and the writing of the owner lie microseconds; this old and still without one, it is stale. */
const ownerlessSeconds = 10;

/** Dead, and nobody has asked for its exit code: so it stays in a container whose first process collects none. */
function isZombie(pid) {
  try {
    return /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** True where a process of this number lives. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  return !isZombie(pid);
}

function ownerOf(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

function isStale(folder) {
  const owner = ownerOf(folder);
  if (owner !== undefined) return !isAlive(owner.pid);
  try {
    return Date.now() - statSync(folder).mtimeMs > ownerlessSeconds * 1000;
  } catch {
    return false;
  }
}

function makeFolder(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a stale lock. A second folder guards the removal: else two could see it stale and one remove the other's new lock. */
function removeStale(folder) {
  const guard = `${folder}.removal`;
  if (!makeFolder(guard)) {
    if (isStale(guard)) rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    if (isStale(folder)) rmSync(folder, { recursive: true, force: true });
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

/**
 * Takes the lock, waiting for its owner as long as that lives and `timeoutSeconds` lets it (then MR308).
 * @param {string} folder the lock itself; its parent is made
 * @param {{ timeoutSeconds?: number, onWait?: (pid: number) => void }} [options]
 * @returns {Promise<() => void>} releases the lock; may be called twice
 */
export async function takeLock(folder, { timeoutSeconds = 1800, onWait = () => {} } = {}) {
  mkdirSync(dirname(folder), { recursive: true });
  const until = Date.now() + timeoutSeconds * 1000;
  let told = false;
  while (!makeFolder(folder)) {
    if (isStale(folder)) {
      removeStale(folder);
      continue;
    }
    const pid = ownerOf(folder)?.pid;
    if (Date.now() > until) {
      throw new SetupError('MR308', `another set-up (pid ${pid}) has held the lock for ${timeoutSeconds} s`, {
        where: folder,
        mend: 'wait until that process has ended, or end it, and try again',
      });
    }
    if (!told && pid !== undefined) {
      told = true;
      onWait(pid);
    }
    await sleep(200);
  }
  writeFileSync(
    join(folder, 'owner.json'),
    JSON.stringify({ pid: process.pid, since: new Date().toISOString() }),
  );
  const release = () => {
    process.off('exit', release);
    if (ownerOf(folder)?.pid === process.pid) rmSync(folder, { recursive: true, force: true });
  };
  process.on('exit', release);
  return release;
}

/** The locks under a folder whose owners live. */
export function heldLocks(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => ownerOf(join(folder, name)))
    .filter((owner) => owner !== undefined && isAlive(owner.pid));
}
