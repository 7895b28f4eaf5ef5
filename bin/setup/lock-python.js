/**
 * Makes localstack/python/requirements.txt anew from requirements.in, with the hashes of every file of each version
 * (all systems). Run it by: node bin/setup/lock-python.js [--upgrade]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheSubfolder } from './cache.js';
import { findPython } from './prerequisites.js';
import { requirementsFile } from './python.js';

const pipTools = 'pip-tools==7.6.2';

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
  const folder = dirname(requirementsFile);
  const options = [
    '--generate-hashes',
    '--strip-extras',
    '--no-emit-find-links',
    '--no-emit-index-url',
    '--quiet',
  ];
  const files = ['--output-file', basename(requirementsFile), 'requirements.in'];
  run(interpreter, ['-m', 'piptools', 'compile', ...options, ...process.argv.slice(2), ...files], {
    cwd: folder,
  });
  const body = readFileSync(requirementsFile, 'utf8').replace(/^#.*\n/gm, '');
  writeFileSync(requirementsFile, `# Made from requirements.in by: node bin/setup/lock-python.js\n${body}`);
} finally {
  rmSync(environment, { recursive: true, force: true });
}
