/** What the machine must have before the set-up can do the rest, and how each is had. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, freeBytes, root } from './cache.js';
import { findJava } from './java.js';
import { isAtLeast, outputOf, versionIn } from './versions.js';

const gibibyte = 2 ** 30;
const pythons = ['python3.13', 'python3.12', 'python3.11', 'python3'];
const pythonProbe =
  'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)';

/** The first of these Pythons that fits and can make a virtual environment. Probed by running it: a shim may lead nowhere. */
function firstPython(commands, fits) {
  for (const command of commands) {
    const [version, path] = (outputOf(command, ['-c', pythonProbe]) ?? '').trim().split('\n');
    const numbers = versionIn(version);
    if (numbers !== undefined && fits(numbers)) return { path, version };
  }
  return undefined;
}

/** A Python that is new enough. */
export function findPython() {
  return firstPython(pythons, (numbers) => isAtLeast(numbers, [3, 11]));
}

/** Pythons 3.13 that pyenv keeps, which may be on no PATH. */
function pyenvPythons() {
  const versions = join(process.env.PYENV_ROOT || join(homedir(), '.pyenv'), 'versions');
  const names = existsSync(versions) ? readdirSync(versions) : [];
  return names
    .filter((name) => name.startsWith('3.13'))
    .map((name) => join(versions, name, 'bin', 'python3.13'));
}

/** A Python 3.13: MILLRACE_PYTHON313, else of PATH, else of pyenv. */
export function findPython313() {
  const commands = [process.env.MILLRACE_PYTHON313, 'python3.13', 'python3', ...pyenvPythons()];
  return firstPython(commands.filter(Boolean), ([major, minor]) => major === 3 && minor === 13);
}

/** Looks for a program on PATH by what it prints about its version. */
function program(command, words, needed, pattern = /.*/s) {
  return () => {
    const output = outputOf(command, words);
    const numbers = versionIn(pattern.exec(output ?? '')?.[0] ?? '');
    if (numbers === undefined) return { ok: false, found: 'not found' };
    return { ok: isAtLeast(numbers, needed), found: numbers.join('.') };
  };
}

function amount(bytes, needed) {
  return { ok: bytes >= needed * gibibyte, found: `${(bytes / gibibyte).toFixed(1)} GB` };
}

/** Free space matters twice: the cache takes 2 GB, a run's data lies in the clone. */
function leastFree() {
  return Math.min(freeBytes(cacheFolder()), freeBytes(root));
}

/**
 * @typedef {object} Prerequisite
 * @property {string} name
 * @property {string} title
 * @property {string} needed
 * @property {string} purpose
 * @property {() => { ok: boolean, found: string }} check
 * @property {boolean} [adviceOnly] without it things are slow, or an optional part cannot be made
 * @property {{ debian: string, fedora: string, macos: string }} hints
 */

/** @type {readonly Prerequisite[]} */
export const prerequisites = [
  {
    name: 'node',
    title: 'Node.js',
    needed: '20 or later',
    purpose: 'starts the set-up, which brings the Node.js 24 that the project itself runs on',
    check: () => ({ ok: isAtLeast(versionIn(process.version), [20]), found: process.version.slice(1) }),
    hints: {
      debian: 'sudo apt-get install nodejs npm   (where that is older than 20: nvm install 24)',
      fedora: 'sudo dnf install nodejs npm',
      macos: 'brew install node@24',
    },
  },
  {
    name: 'npm',
    title: 'npm',
    needed: '10 or later',
    purpose: 'installs the Node.js packages of package-lock.json',
    check: program('npm', ['--version'], [10]),
    hints: {
      debian: 'npm install --global npm@11',
      fedora: 'npm install --global npm@11',
      macos: 'npm install --global npm@11',
    },
  },
  {
    name: 'python',
    title: 'Python with venv',
    needed: '3.11 or later',
    purpose: 'runs Spark jobs, the AWS APIs and Athena',
    check: () => {
      const python = findPython();
      return python ? { ok: true, found: python.version } : { ok: false, found: 'not found' };
    },
    hints: {
      debian:
        'sudo apt-get install python3 python3-venv   (where that is older than 3.11: pyenv install 3.13)',
      fedora: 'sudo dnf install python3.13',
      macos: 'brew install python@3.13',
    },
  },
  {
    name: 'python3.13',
    title: 'Python 3.13',
    needed: '3.13',
    purpose: 'runs LocalStack, for npm run test:localstack alone',
    check: () => {
      const python = findPython313();
      return python ? { ok: true, found: python.version } : { ok: false, found: 'not found' };
    },
    adviceOnly: true,
    hints: {
      debian: 'pyenv install 3.13   (or name one in MILLRACE_PYTHON313)',
      fedora: 'sudo dnf install python3.13',
      macos: 'brew install python@3.13',
    },
  },
  {
    name: 'java',
    title: 'JDK',
    needed: '17 or 21',
    purpose: 'runs Kafka and Spark',
    check: () => {
      const java = findJava();
      return java ? { ok: true, found: `${java.version}, ${java.home}` } : { ok: false, found: 'not found' };
    },
    hints: {
      debian: 'sudo apt-get install openjdk-17-jdk-headless   (Debian 13: openjdk-21-jdk-headless)',
      fedora: 'sudo dnf install java-21-openjdk-devel',
      macos: 'brew install openjdk@17',
    },
  },
  {
    name: 'maven',
    title: 'Maven',
    needed: '3.8 or later',
    purpose: "fetches the jars of Kafka and of Spark's connectors",
    check: program('mvn', ['-B', '--version'], [3, 8], /Apache Maven .*/),
    hints: {
      debian: 'sudo apt-get install maven',
      fedora: 'sudo dnf install maven',
      macos: 'brew install maven',
    },
  },
  {
    name: 'go',
    title: 'Go',
    needed: '1.24 or later',
    purpose: 'builds MinIO, the S3 server',
    check: program('go', ['version'], [1, 24], /go version go\S+/),
    hints: {
      debian:
        'sudo apt-get install golang-go   (where that is older than 1.24: the archive that the Go project offers)',
      fedora: 'sudo dnf install golang',
      macos: 'brew install go',
    },
  },
  {
    name: 'disk',
    title: 'Free disk space',
    needed: '6 GB',
    purpose: 'holds what the set-up fetches and builds, and the data of a run',
    check: () => amount(leastFree(), 6),
    hints: {
      debian: 'make room, or set MILLRACE_CACHE to a folder on a larger disk',
      fedora: 'make room, or set MILLRACE_CACHE to a folder on a larger disk',
      macos: 'make room, or set MILLRACE_CACHE to a folder on a larger disk',
    },
  },
  {
    name: 'memory',
    title: 'Memory',
    needed: '6 GB',
    purpose: 'Kafka, MinIO, two Spark processes and the functions run at once',
    check: () => amount(totalmem(), 5.5),
    adviceOnly: true,
    hints: {
      debian: 'close other programs, or use a machine with more memory',
      fedora: 'close other programs, or use a machine with more memory',
      macos: 'close other programs, or use a machine with more memory',
    },
  },
];
