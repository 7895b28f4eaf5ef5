/** Where the set-up has put things, for those that start them. */
import { existsSync } from 'node:fs';
import { checksPython } from './checks.js';
import { SetupError } from './errors.js';
import { findJava } from './java.js';
import { localstackPython } from './localstack.js';
import { jarsFolder } from './maven.js';
import { minioFile } from './minio.js';
import { nodeFile } from './node-modules.js';
import { pythonFile } from './python.js';
import { sparkClassesFile, sparkClassPath } from './spark-classes.js';
import { trinoFolder, trinoJava } from './trino.js';

function demand(path, name) {
  if (path !== undefined && existsSync(path)) return path;
  throw new SetupError('MR311', `the set-up of ${name} is missing`, {
    where: path ?? name,
    mend: `run: npx millrace setup${['trino', 'localstack', 'checks'].includes(name) ? ` ${name}` : ''}`,
  });
}

/** See toolchain.d.ts. Each is looked up when it is asked for, so that a part nobody asks for may be missing. */
export function readToolchain() {
  let java;
  return {
    get node() {
      return demand(nodeFile, 'node_modules');
    },
    get python() {
      return demand(pythonFile(), 'python');
    },
    get java() {
      java ??= findJava();
      return demand(java?.home, 'java');
    },
    get minio() {
      return demand(minioFile(), 'minio');
    },
    get jarsKafka() {
      return demand(jarsFolder('kafka'), 'jars-kafka');
    },
    get jarsSpark() {
      return demand(jarsFolder('local'), 'jars-local');
    },
    get sparkClassPath() {
      demand(pythonFile(), 'python');
      return sparkClassPath();
    },
    get sparkClasses() {
      return demand(sparkClassesFile(), 'spark-classes');
    },
    get jarsAws() {
      return demand(jarsFolder('aws'), 'jars-aws');
    },
    get trino() {
      return demand(trinoFolder(), 'trino');
    },
    get localstack() {
      return demand(localstackPython(), 'localstack');
    },
    get checks() {
      return demand(checksPython(), 'checks');
    },
    get trinoJava() {
      return demand(trinoJava(), 'trino');
    },
  };
}
