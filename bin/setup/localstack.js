/** LocalStack in host mode: only `npm run test:localstack` asks for it, and it runs under Python 3.13 alone. */
import { join } from 'node:path';
import { root } from './cache.js';
import { findPython313 } from './prerequisites.js';
import { interpreterOf, makeEnvironment } from './virtual-environment.js';

export const localstackRequirements = join(root, 'localstack', 'python', 'localstack.txt');
const shelf = 'localstack';

/** The interpreter of the environment, or undefined while there is none. */
export function localstackPython() {
  return interpreterOf(shelf, localstackRequirements);
}

export function installLocalstack(logFile) {
  return makeEnvironment(shelf, localstackRequirements, findPython313(), logFile);
}
