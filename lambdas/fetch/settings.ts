import { resolve } from 'node:path';
import type { Manifest } from '../../lib/contract/manifest.ts';
import type { RestSource } from '../../lib/contract/source.ts';
import { MillraceError } from '../../lib/errors.ts';
import { demanded } from '../shared/demanded.ts';

export interface Settings {
  readonly dataset: string;
  /** Name of the source. */
  readonly source: string;
  readonly stateBucket: string;
  /** Key of the cursor's object. */
  readonly cursorKey: string;
  readonly queueUrl: string;
  /** Absolute paths. */
  readonly manifestPath: string;
  readonly referencesPath: string;
}

/**
 * Settings from the function's environment: DATASET, SOURCE, STATE_BUCKET, CURSOR_KEY, QUEUE_URL, and MANIFEST_PATH and
 * REFERENCES_PATH (default `manifest.json`, `references.json`) relative to LAMBDA_TASK_ROOT.
 * @throws MillraceError MR801: a variable is missing
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const demand = demanded(environment, { name: 'the fetch function', stack: 'Ingest' });
  const file = (name: string) => resolve(environment.LAMBDA_TASK_ROOT ?? '.', name);
  return {
    dataset: demand('DATASET'),
    source: demand('SOURCE'),
    stateBucket: demand('STATE_BUCKET'),
    cursorKey: demand('CURSOR_KEY'),
    queueUrl: demand('QUEUE_URL'),
    manifestPath: file(environment.MANIFEST_PATH ?? 'manifest.json'),
    referencesPath: file(environment.REFERENCES_PATH ?? 'references.json'),
  };
}

/** A REST source of a manifest. @throws MillraceError MR896 */
export function restSource(manifest: Manifest, name: string): RestSource {
  for (const source of manifest.sources) if (source.kind === 'rest' && source.name === name) return source;
  throw new MillraceError('MR896', `dataset ${manifest.dataset} has no REST source ${name}`, {
    where: 'environment variable SOURCE of the fetch function',
    mend: 'deploy the function and its manifest together; the Ingest stack does so',
  });
}
