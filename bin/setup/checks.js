/** The Python environment of the checks that look at templates and at advisories: only `npm run check` and `npm run audit` ask for it. */
import { join } from 'node:path';
import { root } from './cache.js';
import { findPython } from './prerequisites.js';
import { interpreterOf, makeEnvironment } from './virtual-environment.js';

export const checksRequirements = join(root, 'bin', 'setup', 'checks', 'requirements.txt');
const shelf = 'checks';

/** The interpreter of the environment, or undefined while there is none. */
export function checksPython() {
  return interpreterOf(shelf, checksRequirements);
}

export function installChecks(logFile) {
  return makeEnvironment(shelf, checksRequirements, findPython(), logFile);
}
