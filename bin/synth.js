/**
 * What `cdk` runs (cdk.json, `app`). Plain JavaScript without dependencies, because the CLI starts it under whatever
 * Node the user has; it brings the jars that the templates name as assets, and goes on under the project's own Node,
 * which runs TypeScript as it stands.
 */
import { join } from 'node:path';
import { root } from './setup/cache.js';
import { SetupError } from './setup/errors.js';
import { handOver } from './setup/handover.js';
import { ensure } from './setup/index.js';
import { readToolchain } from './setup/toolchain.js';

try {
  await ensure(['node_modules', 'jars-aws']);
  const env = { ...process.env, MILLRACE_JARS_AWS: process.env.MILLRACE_JARS_AWS || readToolchain().jarsAws };
  process.exitCode = await handOver([join(root, 'bin', 'app.ts'), ...process.argv.slice(2)], env);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
}
