import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { checkCompatible } from '../../contract/compatibility.ts';
import type { Manifest } from '../../contract/manifest.ts';
import { type Release, type Releases, unreleasedParts } from '../../contract/release.ts';
import { MillraceError } from '../../errors.ts';

const OWN_FOLDER = new URL('./', import.meta.url);

/** Where the release of a dataset is kept. */
export function releaseFile(dataset: string, folder: URL = OWN_FOLDER): URL {
  return new URL(`${dataset}.json`, folder);
}

/** What is released of a dataset; undefined of one that is new. */
export function releaseOf(dataset: string, folder: URL = OWN_FOLDER): Release | undefined {
  const file = releaseFile(dataset, folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Release) : undefined;
}

export interface ReleaseOptions {
  readonly folder?: URL;
  /**
   * Takes contracts that are ahead of their releases, with a warning: for a run on one machine. A deploy of one would
   * give ids to columns that nothing keeps, and the next could give them to others.
   * @default false
   */
  readonly unreleased?: boolean;
}

/**
 * The releases of all datasets, each of which its contract only adds to.
 * @param manifests of every dataset there is
 * @throws MillraceError MR320-MR325, MR326 (a contract is ahead of its release), MR327 (a release without a contract)
 */
export function compatibleReleases(
  manifests: readonly Manifest[],
  { folder = OWN_FOLDER, unreleased = false }: ReleaseOptions = {},
): { readonly releases: Releases; readonly warnings: readonly string[] } {
  refuseOrphans(manifests, folder);
  const releases: Record<string, Release> = {};
  const warnings: string[] = [];
  for (const manifest of manifests) {
    const { dataset } = manifest;
    const release = releaseOf(dataset, folder);
    if (release === undefined) {
      warnings.push(`${dataset}: it has no release; ${RELEASE} before its second deploy`);
      continue;
    }
    warnings.push(...checkCompatible(release, manifest));
    const parts = unreleasedParts(manifest, release);
    if (parts.length > 0 && !unreleased) throw aheadOf(dataset, parts);
    if (parts.length > 0) warnings.push(`${dataset}: ahead of its release: ${parts.join(', ')}`);
    releases[dataset] = release;
  }
  return { releases, warnings };
}

/**
 * A release whose contract is gone, or has another name.
 * @throws MillraceError MR327
 */
export function refuseOrphans(manifests: readonly Manifest[], folder: URL = OWN_FOLDER): void {
  const known = new Set(manifests.map(({ dataset }) => `${dataset}.json`));
  const [orphan] = readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !known.has(file))
    .sort();
  if (orphan === undefined) return;
  const name = orphan.slice(0, -'.json'.length);
  throw new MillraceError('MR327', `The dataset \`${name}\` is released, and has no contract.`, {
    where: `lib/datasets/released/${orphan}`,
    mend: `Bring lib/datasets/${name}.ts back; a dataset of a new name stands beside the old one. To give \`${name}\` up, delete its release: with the next deploy its stream ends, and where \`removal\` is \`destroy\` its topic is deleted and its tables leave the catalog. Files stay in the buckets.`,
  });
}

const RELEASE = 'run `npm run release-schemas` and commit the result';

function aheadOf(dataset: string, parts: readonly string[]): MillraceError {
  return new MillraceError('MR326', `The contract of \`${dataset}\` is ahead of its release.`, {
    where: `${dataset}: ${parts.join(', ')}`,
    mend: `Before it is deployed, ${RELEASE}: it keeps the ids by which data files know their columns. \`npx millrace up\` tries a contract out without; so does \`npx cdk synth -c unreleased=true\`, whose templates are not to be deployed.`,
  });
}
