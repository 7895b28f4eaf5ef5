/** The packages of package-lock.json, with the Node.js 24 that everything else runs on. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './cache.js';
import { run } from './child.js';
import { SetupError } from './errors.js';

const folder = join(root, 'node_modules');
const record = join(folder, '.millrace-lock');
const lockFile = join(root, 'package-lock.json');

/** The project's own Node.js. */
export const nodeFile = join(folder, 'node', 'bin', 'node');

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

/** True where npm's own record of what it installed has every package of the lock file: a user ran npm himself. */
function installedByUser() {
  try {
    const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
    const installed = JSON.parse(readFileSync(join(folder, '.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(
      ([path, { version, optional }]) =>
        path === '' ||
        installed[path]?.version === version ||
        (optional === true && installed[path] === undefined),
    );
  } catch {
    return false;
  }
}

export function nodeModulesReady() {
  if (!existsSync(nodeFile)) return false;
  const hash = lockHash();
  if (existsSync(record) && readFileSync(record, 'utf8') === hash) return true;
  if (!installedByUser()) return false;
  writeFileSync(record, hash);
  return true;
}

export async function installNodeModules(logFile) {
  await run('npm', ['ci', '--no-fund', '--no-audit', '--include=dev', '--loglevel=error'], {
    logFile,
    cwd: root,
  });
  if (!existsSync(nodeFile)) {
    throw new SetupError('MR302', 'npm has not installed the Node.js of package.json', {
      where: nodeFile,
      mend: 'allow npm the scripts of the packages that package.json names under allowScripts (npm config get ignore-scripts must be false)',
    });
  }
  writeFileSync(record, lockHash());
}
