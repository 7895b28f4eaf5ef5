import { defineConfig } from 'vitest/config';
import { readToolchain } from './bin/setup/toolchain.js';

/** On real services, which take both cores: one file at a time. */
const onServices = ['test/integration/**/*.test.ts', 'test/faults/*.test.ts'];

/** Against Trino as well, which set-up brings only for it. */
const byReferee = ['test/trino/**/*.test.ts'];

/** On LocalStack, which set-up brings only for it. */
const onLocalStack = ['test/host-mode/**/*.test.ts'];

const toolchain = readToolchain();

/** The app's assets, as bin/synth.js names them, and the Python that runs the other judge. */
const env = { MILLRACE_JARS_AWS: toolchain.jarsAws, MILLRACE_PYTHON: toolchain.python };

export default defineConfig({
  test: {
    // A snapshot that is not there fails; only `-u` writes one.
    update: 'none',
    projects: [
      {
        test: {
          name: 'unit',
          env,
          include: ['test/**/*.test.ts'],
          exclude: [...onServices, ...byReferee, ...onLocalStack],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          env,
          include: onServices,
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'trino',
          env,
          include: byReferee,
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'localstack',
          env,
          include: onLocalStack,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
