import { readFileSync } from 'node:fs';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { MillraceError } from '../../lib/errors.ts';

/** The manifest beside a function's code. @throws MillraceError MR802 */
export function readManifest(path: string): Manifest {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch (cause) {
    throw new MillraceError('MR802', 'the manifest cannot be read', {
      where: path,
      mend: "bundle the dataset's manifest beside the code, and set MANIFEST_PATH to its name",
      cause,
    });
  }
}
