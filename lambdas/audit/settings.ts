import { resolve } from 'node:path';
import { demanded } from '../shared/demanded.ts';

export interface Settings {
  readonly stage: string;
  readonly dataset: string;
  readonly database: string;
  readonly workGroup: string;
  readonly stateBucket: string;
  readonly failuresBucket: string;
  /** Consumer group of the landing. */
  readonly landingGroup: string;
  /** Absolute path of the manifest JSON. */
  readonly manifestPath: string;
}

/**
 * Settings from the function's environment: STAGE, DATASET, DATABASE, WORK_GROUP, STATE_BUCKET, FAILURES_BUCKET,
 * LANDING_GROUP, and MANIFEST_PATH (default `manifest.json`) relative to LAMBDA_TASK_ROOT.
 * @throws MillraceError MR801: a variable is missing
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const demand = demanded(environment, { name: 'the audit function', stack: 'Analytics' });
  return {
    stage: demand('STAGE'),
    dataset: demand('DATASET'),
    database: demand('DATABASE'),
    workGroup: demand('WORK_GROUP'),
    stateBucket: demand('STATE_BUCKET'),
    failuresBucket: demand('FAILURES_BUCKET'),
    landingGroup: demand('LANDING_GROUP'),
    manifestPath: resolve(environment.LAMBDA_TASK_ROOT ?? '.', environment.MANIFEST_PATH ?? 'manifest.json'),
  };
}
