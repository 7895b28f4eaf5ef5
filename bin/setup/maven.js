/** Jars: each pom is fetched into a folder of the cache and held against the checksums beside it. */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFolder, cacheSubfolder, root } from './cache.js';
import { run } from './child.js';
import { SetupError } from './errors.js';
import { findJava } from './java.js';

/** Where each set of jars is declared. */
const poms = {
  kafka: join(root, 'localstack', 'services', 'kafka'),
  local: join(root, 'glue-jobs', 'jars', 'local'),
  aws: join(root, 'glue-jobs', 'jars', 'aws'),
  trino: join(root, 'localstack', 'services', 'trino'),
};

/** `NAME-HASH`, the hash being that of the pom and its checksums. */
export function versionOf(name) {
  const hash = createHash('sha256');
  for (const file of ['pom.xml', 'SHA256SUMS']) hash.update(readFileSync(join(poms[name], file)));
  return `${name}-${hash.digest('hex').slice(0, 12)}`;
}

/** The folder of a set of jars; it exists exactly when they are all there and checked. */
export function jarsFolder(name) {
  return join(cacheFolder(), 'jars', versionOf(name));
}

export function jarsReady(name) {
  return existsSync(jarsFolder(name));
}

async function checksum(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** The jars that are missing, differ or are not listed; empty where all is as the checksums say. */
export async function differences(folder, sums) {
  const wanted = new Map(
    sums
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+\*?/).reverse()),
  );
  const names = new Set([...wanted.keys(), ...readdirSync(folder)]);
  const found = [];
  for (const name of [...names].sort()) {
    const file = join(folder, name);
    if (!wanted.has(name)) found.push(`${name} is not listed`);
    else if (!existsSync(file)) found.push(`${name} is missing`);
    else if ((await checksum(file)) !== wanted.get(name)) found.push(`${name} differs`);
  }
  return found;
}

/** Maven's own downloads, in a private folder: its usual one is the user's. */
function repository() {
  return join(cacheFolder(), 'building', 'maven-repository');
}

/** Fetches what a pom names into a new folder, of which the name begins as that of its part, and checks it. */
export async function fetchChecked(name, part, logFile) {
  const building = mkdtempSync(join(cacheSubfolder('building'), `${part}-`));
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${building}`];
  const options = ['-q', '-B', `-Dmaven.repo.local=${repository()}`, '-f', join(poms[name], 'pom.xml')];
  await run('mvn', [...options, ...goal], { logFile, env: { ...process.env, JAVA_HOME: findJava().home } });
  const found = await differences(building, readFileSync(join(poms[name], 'SHA256SUMS'), 'utf8'));
  if (found.length > 0) {
    rmSync(building, { recursive: true, force: true });
    throw new SetupError('MR305', `the jars are not those of the checksums: ${found.join(', ')}`, {
      where: join(poms[name], 'SHA256SUMS'),
      mend: "look at the Maven mirror in use; where the pom was changed on purpose, write its checksums anew as the pom's comment says",
    });
  }
  return building;
}

export async function fetchJars(name, logFile) {
  const folder = jarsFolder(name);
  const building = await fetchChecked(name, `jars-${name}`, logFile);
  cacheSubfolder('jars');
  rmSync(folder, { recursive: true, force: true });
  renameSync(building, folder);
}
