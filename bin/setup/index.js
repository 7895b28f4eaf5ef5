/** Makes what is missing of the set-up. Everything it says goes to stderr. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cacheSubfolder, freeBytes } from './cache.js';
import { SetupError } from './errors.js';
import { takeLock } from './lock.js';
import { parts, partsNamed, usualParts } from './parts.js';
import { prerequisites } from './prerequisites.js';
import { runSteps, shownSeconds } from './steps.js';

/** Where a part is half made, and where its log is. */
const building = () => join(cacheFolder(), 'building');
const logOf = (part) => join(cacheSubfolder('logs'), `${part.name}.log`);

/** What the largest set-up takes, with what it makes on its way. */
const neededBytes = 4 * 2 ** 30;

function demandPrerequisites(missing) {
  const names = new Set(missing.flatMap((part) => part.prerequisites));
  const failing = prerequisites
    .filter(({ name }) => names.has(name))
    .filter((prerequisite) => !prerequisite.check().ok);
  if (failing.length === 0) return;
  const list = failing.map(({ title, needed, check }) => `${title} ${needed} (${check().found})`).join(', ');
  const hint =
    process.platform === 'darwin' ? 'macos' : existsSync('/etc/fedora-release') ? 'fedora' : 'debian';
  throw new SetupError('MR301', `missing on this machine: ${list}`, {
    where: missing.map((part) => part.name).join(', '),
    mend: `${failing.map(({ hints }) => hints[hint]).join(' ; ')}\n         (npx millrace doctor says how to get each on other systems)`,
  });
}

function demandSpace() {
  const free = freeBytes(cacheFolder());
  if (free >= neededBytes) return;
  throw new SetupError(
    'MR307',
    `only ${(free / 2 ** 30).toFixed(1)} GB are free; the set-up takes up to 4 GB`,
    {
      where: cacheFolder(),
      mend: 'make room, or set MILLRACE_CACHE to a folder on a larger disk',
    },
  );
}

/** Removes what a part has left in the folder of half-made things. The caller holds its lock. */
function clear(prefix) {
  if (!existsSync(building())) return;
  for (const name of readdirSync(building()).filter((each) => each.startsWith(prefix))) {
    rmSync(join(building(), name), { recursive: true, force: true, maxRetries: 3 });
  }
}

function stepOf(part) {
  const logFile = logOf(part);
  return {
    name: part.name,
    title: part.title,
    seconds: part.seconds,
    lane: part.lock,
    after: part.after,
    failure: { ...part.failure, where: logFile },
    run: async (say) => {
      const release = await takeLock(join(cacheFolder(), 'locks', part.lock), {
        onWait: (pid) => say(`waiting for another set-up (pid ${pid})`),
      });
      try {
        if (part.isReady()) return;
        clear(part.name);
        rmSync(logFile, { force: true });
        await part.make(logFile);
      } finally {
        clear(part.name);
        release();
      }
    },
  };
}

/** Maven's downloads serve all sets of jars and are removed after the last. */
async function clearRepository() {
  const release = await takeLock(join(cacheFolder(), 'locks', 'maven'));
  clear('maven-repository');
  release();
}

/**
 * Makes those of the named parts that are missing, side by side; quick where none is.
 * @param {readonly ('node_modules' | 'python' | 'minio' | 'jars-kafka' | 'jars-local' | 'jars-aws' | 'spark-classes' | 'trino' | 'localstack' | 'checks')[]} names
 * @throws {SetupError} MR301-MR309
 */
export async function ensure(names) {
  if (process.platform === 'win32') {
    throw new SetupError('MR310', 'Windows itself is not supported', {
      where: process.platform,
      mend: 'use the Windows Subsystem for Linux (WSL 2)',
    });
  }
  const missing = partsNamed(names).filter((part) => !part.isReady());
  if (missing.length === 0) return;
  demandPrerequisites(missing);
  demandSpace();
  cacheSubfolder('locks');
  const begun = Date.now();
  const list = missing.map((part) => part.name).join(', ');
  process.stderr.write(`set-up, once: ${list} (into ${cacheFolder()})\n`);
  try {
    await runSteps(missing.map(stepOf));
  } finally {
    if (missing.some((part) => part.lock === 'maven')) await clearRepository();
  }
  process.stderr.write(`set-up done in ${shownSeconds(Date.now() - begun)}\n`);
}

/** The `setup` command: the usual parts, those that are named, or `--all`. Returns an exit code. */
export async function setupCommand(words) {
  const names = parts.map(({ name }) => name);
  const unknown = words.find((word) => word !== '--all' && !names.includes(word));
  if (unknown !== undefined) {
    process.stderr.write(`error: no part of the set-up is called '${unknown}'\nparts: ${names.join(' ')}\n`);
    return 2;
  }
  await ensure(words.includes('--all') ? names : words.length > 0 ? words : usualParts);
  process.stderr.write('the set-up is complete\n');
  return 0;
}
