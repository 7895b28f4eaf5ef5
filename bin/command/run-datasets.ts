import type { Manifest } from '../../lib/contract/manifest.ts';
import { allDatasets } from '../../lib/datasets/index.ts';
import { hasLanding } from './audit/places.ts';
import type { StagePlace } from './stage-place.ts';

/** The datasets that a place runs: of a stage on AWS all that are declared, of a local run those it was started with. */
export async function datasetsOf({ local }: StagePlace): Promise<Manifest[]> {
  const manifests = (await allDatasets()).map(({ manifest }) => manifest);
  return local === undefined ? manifests : manifests.filter((manifest) => hasLanding(local.state, manifest));
}
