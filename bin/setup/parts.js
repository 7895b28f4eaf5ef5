/** The parts of the set-up: what each brings, where it lies, what it needs, how it is made. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { root } from './cache.js';
import { checksPython, checksRequirements, installChecks } from './checks.js';
import { installLocalstack, localstackPython, localstackRequirements } from './localstack.js';
import { fetchJars, jarsFolder, jarsReady } from './maven.js';
import { buildMinio, minioFile, minioReady } from './minio.js';
import { installNodeModules, nodeModulesReady } from './node-modules.js';
import { installPython, pythonFile, requirementsFile } from './python.js';
import { archiveSparkClasses, sparkClassesFile, sparkClassesReady } from './spark-classes.js';
import { installTrino, trinoFolder, trinoReady } from './trino.js';

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} title what making it does
 * @property {number} seconds about how long that takes alone on 2 cores
 * @property {string} lock parts of one lock are made one after another
 * @property {readonly string[]} [after] parts that it is made with
 * @property {readonly string[]} prerequisites names in prerequisites.js
 * @property {() => boolean} isReady quick: it is asked before every command
 * @property {() => string} place
 * @property {(logFile: string) => Promise<void>} make
 * @property {{ code: string, mend: string }} failure
 * @property {string} [optional] made only where it is named: what names it
 */

const cloneHash = createHash('sha256').update(root).digest('hex').slice(0, 12);

/** @returns {Part} */
function jars(name, purpose, seconds) {
  return {
    name: `jars-${name}`,
    title: `fetching ${purpose} with Maven`,
    seconds,
    lock: 'maven',
    prerequisites: ['java', 'maven'],
    isReady: () => jarsReady(name),
    place: () => jarsFolder(name),
    make: (logFile) => fetchJars(name, logFile),
    failure: {
      code: 'MR304',
      mend: "read Maven's message above: it needs a network, and its settings.xml a mirror that answers",
    },
  };
}

/** @type {readonly Part[]} */
export const parts = [
  {
    name: 'node_modules',
    title: 'installing the Node.js packages with npm',
    seconds: 40,
    lock: `node_modules-${cloneHash}`,
    prerequisites: ['npm'],
    isReady: nodeModulesReady,
    place: () => join(root, 'node_modules'),
    make: installNodeModules,
    failure: {
      code: 'MR302',
      mend: "read npm's message above: it needs a network, and a registry that answers",
    },
  },
  {
    name: 'python',
    title: 'installing the Python packages with pip (Spark is 450 MB)',
    seconds: 120,
    lock: 'python',
    prerequisites: ['python'],
    isReady: () => pythonFile() !== undefined,
    place: () => pythonFile() ?? requirementsFile,
    make: installPython,
    failure: {
      code: 'MR303',
      mend: "read pip's message above: it needs a network, and an index that answers",
    },
  },
  {
    name: 'minio',
    title: 'building MinIO with Go',
    seconds: 150,
    lock: 'minio',
    prerequisites: ['go'],
    isReady: minioReady,
    place: minioFile,
    make: buildMinio,
    failure: {
      code: 'MR306',
      mend: "read Go's message above: it needs a network, and a module proxy that answers",
    },
  },
  jars('kafka', "Kafka's jars", 20),
  jars('local', "Spark's connectors", 30),
  jars('aws', "the jars of Glue's jobs", 10),
  {
    name: 'spark-classes',
    title: "archiving Spark's classes, so that it starts sooner (240 MB)",
    seconds: 50,
    lock: 'spark-classes',
    after: ['python', 'jars-local'],
    prerequisites: ['java', 'python'],
    isReady: sparkClassesReady,
    place: () => sparkClassesFile() ?? 'spark-classes',
    make: archiveSparkClasses,
    failure: { code: 'MR312', mend: "read Spark's message above" },
  },
  {
    ...jars('trino', 'Trino', 60),
    name: 'trino',
    title: 'fetching Trino with Maven (820 MB, of which 460 MB stay)',
    optional: 'npm run test:trino',
    prerequisites: ['java', 'maven', 'python'],
    isReady: trinoReady,
    place: trinoFolder,
    make: installTrino,
  },
  {
    name: 'localstack',
    title: 'installing LocalStack with pip (340 MB)',
    seconds: 100,
    lock: 'localstack',
    prerequisites: ['python3.13'],
    isReady: () => localstackPython() !== undefined,
    place: () => localstackPython() ?? localstackRequirements,
    make: installLocalstack,
    failure: {
      code: 'MR303',
      mend: "read pip's message above: it needs a network, and an index that answers",
    },
    optional: 'npm run test:localstack',
  },
  {
    name: 'checks',
    title: 'installing cfn-lint, checkov and pip-audit with pip (260 MB)',
    seconds: 60,
    lock: 'checks',
    prerequisites: ['python'],
    isReady: () => checksPython() !== undefined,
    place: () => checksPython() ?? checksRequirements,
    make: installChecks,
    failure: {
      code: 'MR303',
      mend: "read pip's message above: it needs a network, and an index that answers",
    },
    optional: 'npm run check and npm run audit',
  },
];

/** What a command or a suite gets that names none. */
export const usualParts = parts.filter(({ optional }) => optional === undefined).map(({ name }) => name);

/** The parts of these names. */
export function partsNamed(names) {
  return names.map((name) => {
    const part = parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`no part of the set-up is called ${name}`);
    return part;
  });
}
