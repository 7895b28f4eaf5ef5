import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { localArguments, localSparkSettings, redirects } from '../differences.ts';
import type { Local } from '../local.ts';
import { replaceFile } from '../replace-file.ts';
import { baseEnvironment, type Child, startChild } from './child.ts';
import { parseConf, SPARK_LOG4J, sparkDefaults } from './spark-conf.ts';

/** A Glue job as the template declares it. */
export interface JobDefinition {
  readonly name: string;
  /** `gluestreaming` runs on, `glueetl` ends. */
  readonly command: string;
  /** S3 URI. */
  readonly script: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly maxRetries: number;
  readonly maxConcurrentRuns: number;
}

/** A job with its files on this machine. */
export interface PreparedJob {
  readonly definition: JobDefinition;
  readonly script: string;
  /** Arguments of the script, the job's name included, as Glue gives them. */
  readonly args: readonly string[];
  readonly session: SparkSession;
}

/** What a Spark process is started with; jobs with an equal key can share one. */
export interface SparkSession {
  readonly key: string;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** Reads an object by its S3 URI. */
export type Fetch = (uri: string) => Promise<Buffer>;

async function fetchTo(folder: string, uri: string, fetch: Fetch): Promise<string> {
  const path = join(folder, basename(new URL(uri).pathname));
  // A package may be just being imported by a worker of another run.
  await replaceFile(path, await fetch(uri));
  return path;
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

async function prepareSession(definition: JobDefinition, local: Local, fetch: Fetch): Promise<SparkSession> {
  const declared = parseConf(definition.arguments['--conf'] ?? '', definition.name);
  const defaults = sparkDefaults(localSparkSettings(declared, local));
  const packages = (definition.arguments['--extra-py-files'] ?? '').split(',').filter((uri) => uri !== '');
  const key = digest(defaults, ...packages);
  const folder = join(local.folders.work, 'session', key);
  await mkdir(folder, { recursive: true });
  const onPath = await Promise.all(packages.map((uri) => fetchTo(folder, uri, fetch)));
  await replaceFile(join(folder, 'spark-defaults.conf'), defaults);
  await replaceFile(join(folder, 'log4j2.properties'), SPARK_LOG4J);
  return {
    key,
    folder,
    env: {
      ...baseEnvironment(),
      ...redirects(local),
      JAVA_HOME: local.toolchain.java,
      SPARK_CONF_DIR: folder,
      SPARK_LOCAL_IP: '127.0.0.1',
      SPARK_LOCAL_DIRS: join(local.folders.work, 'spark'),
      PYSPARK_PYTHON: local.toolchain.python,
      PYTHONPATH: onPath.join(delimiter),
      PYTHONUNBUFFERED: '1',
      TZ: 'UTC',
    },
  };
}

/** Fetches a job's script and packages from the local S3, as Glue does, and writes its Spark settings. */
export async function prepareJob(
  definition: JobDefinition,
  local: Local,
  fetch: Fetch,
): Promise<PreparedJob> {
  const folder = join(local.folders.work, 'job', definition.name);
  await mkdir(folder, { recursive: true });
  const given = { ...localArguments(definition.arguments), '--JOB_NAME': definition.name };
  return {
    definition,
    script: await fetchTo(folder, definition.script, fetch),
    args: Object.entries(given).flat(),
    session: await prepareSession(definition, local, fetch),
  };
}

/** One run of a job in a Spark process of its own. Resolves when the process runs; `ended` tells how it went. */
export function startRun(job: PreparedJob, local: Local): Promise<Child> {
  const name = `spark-${job.definition.name}`;
  return startChild({
    name,
    endpoint: '',
    command: local.toolchain.python,
    args: [job.script, ...job.args],
    env: job.session.env,
    cwd: job.session.folder,
    logFile: join(local.folders.logs, `${name}.log`),
    records: local.folders.processes,
    graceMs: 15_000,
  });
}
