/** The Python environment of the local services, the Spark jobs and the tests. */
import { join } from 'node:path';
import { root } from './cache.js';
import { findPython } from './prerequisites.js';
import { interpreterOf, makeEnvironment } from './virtual-environment.js';

export const requirementsFile = join(root, 'localstack', 'python', 'requirements.txt');
const shelf = 'python';

/** The interpreter of the environment, or undefined while there is none. */
export function pythonFile() {
  return interpreterOf(shelf, requirementsFile);
}

export function installPython(logFile) {
  return makeEnvironment(shelf, requirementsFile, findPython(), logFile);
}
