import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { allDatasets, datasetNamed } from '../../../lib/datasets/index.ts';
import { MillraceError } from '../../../lib/errors.ts';

/** What a demo shows. Each part has a run of its own, so that none takes time from the other. */
export interface DemoPlan {
  /** Events are made up. */
  readonly simulated: Manifest | undefined;
  /** Sample files are imported. */
  readonly imported: readonly Manifest[];
}

const has = (folder: 'simulators' | 'samples', { dataset }: Manifest): boolean =>
  existsSync(fileURLToPath(new URL(`../../../lib/datasets/${folder}/${dataset}.ts`, import.meta.url)));

/**
 * The datasets named, each once; where none is, the first that has a simulator of its own, and all that have sample files.
 * @throws MillraceError MR131, MR507 (nothing to show of a dataset)
 */
export async function demoPlan(named: readonly string[], folder?: URL): Promise<DemoPlan> {
  const names = [...new Set(named)];
  const chosen =
    names.length === 0
      ? await allDatasets(folder)
      : await Promise.all(names.map((name) => datasetNamed(name, folder)));
  const manifests = chosen.map(({ manifest }) => manifest);
  const imported = manifests.filter((manifest) => has('samples', manifest));
  const others = manifests.filter((manifest) => !imported.includes(manifest) && manifest.gold.length > 0);
  // A dataset that is named may do without a simulator of its own: there is a generic one.
  const simulated = names.length === 0 ? others.find((manifest) => has('simulators', manifest)) : others[0];
  const shown = names.length === 0 || imported.length + (simulated === undefined ? 0 : 1) === names.length;
  if (shown && (simulated !== undefined || imported.length > 0)) return { simulated, imported };
  throw new MillraceError(
    'MR507',
    'a demo shows at most one dataset that has no sample files, with a gold model',
    {
      where: `millrace demo ${names.join(' ')}`,
      mend: 'name fewer datasets, or one that has a gold model; `npx millrace datasets` lists them',
    },
  );
}
