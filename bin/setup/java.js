/** JDKs: found by probing, never taken as `java` from PATH alone: Spark 4.1 runs on 17 and 21 only, Trino on none of them. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { outputOf } from './versions.js';

/** What runs Kafka and Spark, in the order of preference. */
export const javaMajors = [17, 21];

/** What runs Trino. */
export const trinoJavaMajors = [25, 24, 26];

/** Folders that hold JDKs, and where in each the Java home lies. */
const shelves = [
  { folder: '/usr/lib/jvm', inner: '' },
  { folder: '/usr/java', inner: '' },
  { folder: '/opt/java', inner: '' },
  { folder: '/Library/Java/JavaVirtualMachines', inner: 'Contents/Home' },
  { folder: join(homedir(), 'Library/Java/JavaVirtualMachines'), inner: 'Contents/Home' },
  { folder: join(homedir(), '.sdkman/candidates/java'), inner: '' },
  { folder: join(homedir(), '.jdks'), inner: '' },
];

/** Homebrew keeps its JDKs out of the folders above. */
const homebrew = ['/opt/homebrew/opt', '/usr/local/opt', '/home/linuxbrew/.linuxbrew/opt'].flatMap((folder) =>
  [...javaMajors, ...trinoJavaMajors].flatMap((major) => [
    join(folder, `openjdk@${major}/libexec/openjdk.jdk/Contents/Home`),
    join(folder, `openjdk@${major}/libexec`),
  ]),
);

function onShelves() {
  return shelves.flatMap(({ folder, inner }) => {
    try {
      return readdirSync(folder)
        .sort()
        .map((name) => join(folder, name, inner));
    } catch {
      return [];
    }
  });
}

function onPath() {
  return (process.env.PATH ?? '').split(delimiter).flatMap((folder) => {
    try {
      return [dirname(dirname(realpathSync(join(folder, 'java'))))];
    } catch {
      return [];
    }
  });
}

/** `17.0.15` of a Java home: from its `release` file, which costs no start of Java; else by asking it. */
function javaVersion(home) {
  if (!existsSync(join(home, 'bin', 'java'))) return undefined;
  try {
    const release = readFileSync(join(home, 'release'), 'utf8');
    return /^JAVA_VERSION="([^"]+)"/m.exec(release)?.[1];
  } catch {
    return /version "([^"]+)"/.exec(outputOf(join(home, 'bin', 'java'), ['-version']) ?? '')?.[1];
  }
}

/**
 * The Java home to use: JAVA_HOME where it fits, else one of the first of these majors; undefined where there is none.
 * @returns {{ home: string, version: string } | undefined}
 */
export function findJava(majors = javaMajors) {
  const homes = [process.env.JAVA_HOME, ...onShelves(), ...homebrew, ...onPath()].filter(Boolean);
  const found = [...new Set(homes)].flatMap((home) => {
    const version = javaVersion(home);
    const major = Number(version?.split('.')[0]);
    return majors.includes(major) ? [{ home, version, major }] : [];
  });
  const own = found.find(({ home }) => home === process.env.JAVA_HOME);
  const best = own ?? majors.map((major) => found.find((java) => java.major === major)).find(Boolean);
  return best && { home: best.home, version: best.version };
}
