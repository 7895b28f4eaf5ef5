import type { Credentials } from './services/minio.ts';
import type { Toolchain } from './services/toolchain.ts';

export interface Endpoints {
  /** `HOST:PORT` */
  readonly kafka: string;
  /** URLs. */
  readonly s3: string;
  readonly aws: string;
  readonly athena: string;
}

/** Those of the services, and of what the run answers itself. */
export interface RunEndpoints extends Endpoints {
  /** URL of Glue's API: jobs and their runs, and by way of it the catalog. */
  readonly jobs: string;
  /** URL of Lambda's API of invocations. */
  readonly lambda: string;
}

/** Where the local run keeps what. */
export interface Folders {
  readonly state: string;
  readonly logs: string;
  readonly data: string;
  /** Downloaded scripts and generated settings of Spark. */
  readonly work: string;
  /** Records of the processes that run. */
  readonly processes: string;
}

/** The facts of one local run. */
export interface Local {
  readonly region: string;
  readonly account: string;
  readonly partition: string;
  readonly endpoints: Endpoints;
  /** URL of Lambda's API of invocations. */
  readonly functions: string;
  /** URL of Glue's API: jobs and their runs, and by way of it the catalog. */
  readonly glue: string;
  /** URL of the AWS APIs that have no endpoint of their own above. */
  readonly rest: string;
  readonly credentials: Credentials;
  readonly folders: Folders;
  readonly toolchain: Toolchain;
}
