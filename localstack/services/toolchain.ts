import type { Toolchain as SetUp } from '../../bin/setup/toolchain.js';

/** What the local run is made of. Only synthesis needs the jars for AWS, only tests the others. */
export type Toolchain = Omit<
  SetUp,
  'checks' | 'jarsAws' | 'jarsSpark' | 'trino' | 'trinoJava' | 'localstack'
>;
