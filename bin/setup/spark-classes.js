/**
 * Java's archive of the classes that Spark loads (application class-data sharing), with which Spark starts sooner. Java
 * takes it only for the very jars it was made of, in their order; else it does without.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, cacheSubfolder, root } from './cache.js';
import { run } from './child.js';
import { findJava } from './java.js';
import { jarsFolder } from './maven.js';
import { pythonFile } from './python.js';

const training = join(root, 'bin', 'setup', 'spark_training.py');

/** Spark's own jars, as its Python package brings them. */
function sparkJars() {
  const libraries = join(dirname(dirname(pythonFile())), 'lib');
  const [version] = readdirSync(libraries).filter((name) => name.startsWith('python'));
  return join(libraries, version, 'site-packages', 'pyspark', 'jars');
}

/** What a class path of Spark begins with: the connectors and Spark itself, no folder of classes. */
export function sparkClassPath() {
  return [jarsFolder('local'), sparkJars()].map((folder) => join(folder, '*')).join(':');
}

/** The file of the archive; undefined while there is no Java or Python to make it by. */
export function sparkClassesFile() {
  const java = findJava();
  if (java === undefined || pythonFile() === undefined) return undefined;
  const hash = createHash('sha256').update(readFileSync(training));
  for (const part of [java.home, java.version, sparkClassPath()]) hash.update(`\n${part}`);
  return join(cacheFolder(), 'spark-classes', `${hash.digest('hex').slice(0, 12)}.jsa`);
}

export function sparkClassesReady() {
  const file = sparkClassesFile();
  return file !== undefined && existsSync(file);
}

export async function archiveSparkClasses(logFile) {
  const building = mkdtempSync(join(cacheSubfolder('building'), 'spark-classes-'));
  const archive = join(building, 'spark.jsa');
  // Java archives nothing where the class path has a folder that is not empty, as one of settings would be.
  const settings = join(building, 'settings');
  mkdirSync(settings);
  // The user's own settings of AWS, Spark and proxies stay out: all that is asked listens on loopback.
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|SPARK|PYSPARK)_|_proxy$/i.test(name));
  const env = {
    ...Object.fromEntries(own),
    JAVA_HOME: findJava().home,
    SPARK_CONF_DIR: settings,
    SPARK_LOCAL_DIRS: join(building, 'work'),
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_PYTHON: pythonFile(),
    PYSPARK_SUBMIT_ARGS: [
      ...['--conf', `"spark.driver.extraClassPath=${sparkClassPath()}"`],
      ...['--conf', `"spark.driver.extraJavaOptions=-XX:+UseSerialGC '-XX:ArchiveClassesAtExit=${archive}'"`],
      'pyspark-shell',
    ].join(' '),
    TZ: 'UTC',
  };
  await run(pythonFile(), [training, building], { logFile, env, cwd: building });
  cacheSubfolder('spark-classes');
  renameSync(archive, sparkClassesFile());
}
