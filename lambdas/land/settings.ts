import { resolve } from 'node:path';
import { demanded } from '../shared/demanded.ts';

/** One table's place: a bucket and a prefix that ends in `/` (or is empty). */
export interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

export interface Settings {
  readonly dataset: string;
  readonly bronze: Place;
  readonly quarantine: Place;
  /** Absolute path of the manifest JSON. */
  readonly manifestPath: string;
}

/**
 * Settings from the function's environment: DATASET, BRONZE_BUCKET, BRONZE_PREFIX, QUARANTINE_BUCKET,
 * QUARANTINE_PREFIX, and MANIFEST_PATH (default `manifest.json`) relative to LAMBDA_TASK_ROOT.
 *
 * Throws MR801 where a variable is missing.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const demand = demanded(environment, { name: 'the landing function', stack: 'Ingest' });
  return {
    dataset: demand('DATASET'),
    bronze: { bucket: demand('BRONZE_BUCKET'), prefix: environment.BRONZE_PREFIX ?? '' },
    quarantine: { bucket: demand('QUARANTINE_BUCKET'), prefix: environment.QUARANTINE_PREFIX ?? '' },
    manifestPath: resolve(environment.LAMBDA_TASK_ROOT ?? '.', environment.MANIFEST_PATH ?? 'manifest.json'),
  };
}
