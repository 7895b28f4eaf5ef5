/**
 * Writes down what the contracts are now as what is deployed: lib/datasets/released/DATASET.json. To be run, and its
 * result committed, with each release that adds to a contract. A JSON schema that changed is added to those of before,
 * each of which the schema registry keeps.
 *
 * `--force DATASET` writes a contract down that takes something back. The deployed tables do not follow by that.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkCompatible, differences } from '../lib/contract/compatibility.ts';
import type { Manifest } from '../lib/contract/manifest.ts';
import { nextRelease, unreleasedParts } from '../lib/contract/release.ts';
import { allDatasets, datasetNamed } from '../lib/datasets/index.ts';
import { refuseOrphans, releaseFile, releaseOf } from '../lib/datasets/released/index.ts';
import { MillraceError } from '../lib/errors.ts';

function release(manifest: Manifest, forced: boolean): void {
  const { dataset } = manifest;
  const released = releaseOf(dataset);
  if (released !== undefined && forced) {
    const lines = differences(released, manifest).map(({ place, what }) => `  ${place}: ${what}\n`);
    process.stderr.write(
      `FORCED: ${dataset} takes back what is released. Its deployed tables and what is in bronze stay as they are:\n` +
        `rebuild silver before the stream runs again.\n${lines.join('')}`,
    );
  } else if (released !== undefined) {
    for (const warning of checkCompatible(released, manifest)) process.stderr.write(`warning: ${warning}\n`);
  }
  const file = releaseFile(dataset);
  if (released !== undefined && unreleasedParts(manifest, released).length === 0) {
    process.stdout.write(`${dataset}: as released\n`);
    return;
  }
  mkdirSync(new URL('./', file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(nextRelease(manifest, released), undefined, 2)}\n`);
  process.stdout.write(
    `${dataset}: ${released === undefined ? 'released' : 'released anew'}, to be committed\n`,
  );
}

try {
  const { force = [] } = parseArgs({ options: { force: { type: 'string', multiple: true } } }).values;
  for (const name of force) await datasetNamed(name);
  const datasets = await allDatasets();
  refuseOrphans(datasets.map(({ manifest }) => manifest));
  for (const { name, manifest } of datasets) release(manifest, force.includes(name));
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  console.error(error.toString());
  process.exitCode = 1;
}
