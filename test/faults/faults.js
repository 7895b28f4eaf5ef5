/** `npm run faults [NAME...]`: does the set-up that is missing, then goes on under the project's own Node.js. */
import { join } from 'node:path';
import { root } from '../../bin/setup/cache.js';
import { SetupError } from '../../bin/setup/errors.js';
import { handOver } from '../../bin/setup/handover.js';
import { ensure } from '../../bin/setup/index.js';
import { usualParts } from '../../bin/setup/parts.js';

try {
  await ensure(usualParts);
  process.exitCode = await handOver([join(root, 'test', 'faults', 'main.ts'), ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
}
