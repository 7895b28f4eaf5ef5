import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { awsSettings, millraceFolder, running } from '../bin/command/running.ts';
import { ensureSynthesised } from '../bin/command/synthesis.ts';
import { readToolchain } from '../bin/setup/toolchain.js';
import { type Environment, startEnvironment } from '../localstack/environment.ts';
import type { Local } from '../localstack/local.ts';
import { foldersOf, type State } from '../localstack/state.ts';

/** A local run of its own, made for measuring. */
export interface Lab {
  readonly environment: Environment;
  readonly state: State;
  readonly stateDir: string;
  readonly cdkOut: string;
  /** The facts by which the mirror starts its own processes. */
  readonly local: Local;
  readonly s3: S3Client;
  readonly say: (line: string) => void;
  /** Stops everything and deletes its data. */
  close(): Promise<void>;
}

export interface LabOptions {
  /** True: the triggers start the jobs. */
  readonly jobs: boolean;
  readonly say: (line: string) => void;
  /** @default all */
  readonly datasets?: readonly string[];
}

export async function openLab({ jobs, say, datasets = [] }: LabOptions): Promise<Lab> {
  const cdkOut = await ensureSynthesised({ log: say, datasets });
  const stateDir = join(millraceFolder, `bench-${process.pid}`);
  const toolchain = readToolchain();
  const environment = await startEnvironment({ stateDir, cdkOut, toolchain, log: say, jobs });
  try {
    const { state } = await running('MR900', stateDir);
    const { region, account, endpoints, credentials } = state;
    const folders = foldersOf(stateDir);
    const partition = 'aws';
    const s3 = new S3Client({ ...awsSettings(state, 's3'), forcePathStyle: true });
    return {
      environment,
      state,
      stateDir,
      cdkOut,
      local: {
        region,
        account,
        partition,
        endpoints,
        functions: endpoints.lambda,
        glue: endpoints.jobs,
        rest: endpoints.aws,
        credentials,
        folders,
        toolchain,
      },
      s3,
      say,
      async close() {
        s3.destroy();
        await environment.stop({ purge: true });
        await rm(stateDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await environment.stop({ purge: true });
    throw error;
  }
}
