import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Toolchain } from '../../localstack/services/toolchain.ts';

/** What set-up left in the user's cache, for tests that need the real programs. `MILLRACE_TEST_*` name others. */
export function developmentToolchain(): Toolchain {
  const cache = process.env['MILLRACE_CACHE'] ?? join(homedir(), '.cache', 'millrace');
  return {
    node: process.execPath,
    python: process.env['MILLRACE_TEST_PYTHON'] ?? join(cache, 'venv', 'bin', 'python'),
    java: process.env['JAVA_HOME'] ?? '/usr/lib/jvm/java-17-openjdk-amd64',
    minio: join(cache, 'minio', 'minio'),
    jarsKafka: join(cache, 'jars', 'kafka'),
    jarsSpark: join(cache, 'jars', 'local'),
  };
}
