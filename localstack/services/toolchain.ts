import type { Toolchain as SetUp } from '../../bin/setup/toolchain.js';

/** What the local run is made of; only synthesis needs the jars for AWS, only their own tests Trino and LocalStack. */
export type Toolchain = Omit<SetUp, 'jarsAws' | 'trino' | 'trinoJava' | 'localstack'>;
