/**
 * Makes a requirements.txt anew from the requirements.in beside it, with the hashes of every file of each version (all
 * systems). Run it by: node bin/setup/lock-python.js [python|checks] [--upgrade]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheSubfolder } from './cache.js';
import { checksRequirements } from './checks.js';
import { findPython } from './prerequisites.js';
import { requirementsFile } from './python.js';

const pipTools = 'pip-tools==7.6.2';

/** Each with its requirements.in beside it. */
const files = { python: requirementsFile, checks: checksRequirements };
const [name = 'python'] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const options = process.argv.slice(2).filter((word) => word.startsWith('--'));
if (!Object.hasOwn(files, name)) {
  process.stderr.write(
    `usage: node bin/setup/lock-python.js [${Object.keys(files).join('|')}] [--upgrade]\n`,
  );
  process.exit(2);
}
const file = files[name];
const command = `node bin/setup/lock-python.js${name === 'python' ? '' : ` ${name}`}`;

function run(command, words, options = {}) {
  const { status, error } = spawnSync(command, words, { stdio: 'inherit', ...options });
  if (status !== 0)
    throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? `ended with ${status}`}`);
}

const environment = cacheSubfolder('building', 'pip-tools');
const interpreter = join(environment, 'bin', 'python');
try {
  run(findPython().path, ['-m', 'venv', environment]);
  run(interpreter, ['-m', 'pip', 'install', '--quiet', pipTools]);
  const fixed = [
    '--generate-hashes',
    '--strip-extras',
    // pip itself is among what pip-audit needs; unpinned it would be refused beside hashes.
    '--allow-unsafe',
    '--no-emit-find-links',
    '--no-emit-index-url',
    '--quiet',
  ];
  const places = ['--output-file', basename(file), 'requirements.in'];
  run(interpreter, ['-m', 'piptools', 'compile', ...fixed, ...options, ...places], { cwd: dirname(file) });
  const body = readFileSync(file, 'utf8').replace(/^#.*\n/gm, '');
  writeFileSync(file, `# Made from requirements.in by: ${command}\n${body}`);
} finally {
  rmSync(environment, { recursive: true, force: true });
}
