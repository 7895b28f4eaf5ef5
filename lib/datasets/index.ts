import { readdir } from 'node:fs/promises';
import type { Dataset } from '../contract/dataset.ts';
import { goldTables } from '../contract/gold-layer.ts';
import { publicationsOf } from '../contract/publication.ts';
import { refusal } from '../contract/refusal.ts';

const OWN_FOLDER = new URL('./', import.meta.url);
/** Modules of the folder that look after datasets and declare none. */
const NO_DATASETS = ['index.ts', 'references.ts'];

/**
 * Every dataset of the folder, by name. A new dataset is one file that exports `dataset`, and nothing else.
 * @throws MillraceError MR130 (a file without a dataset), MR132 (two claim one name, topic, table or query), MR133 (misnamed)
 */
export async function allDatasets(folder: URL = OWN_FOLDER): Promise<Dataset[]> {
  const files = (await readdir(folder))
    .filter((file) => /\.ts$/.test(file) && !NO_DATASETS.includes(file))
    .sort();
  const datasets = await Promise.all(files.map((file) => load(file, folder)));
  refuseClashes(datasets);
  return datasets;
}

/** @throws MillraceError MR131, and those of `allDatasets` */
export async function datasetNamed(name: string, folder: URL = OWN_FOLDER): Promise<Dataset> {
  const datasets = await allDatasets(folder);
  const found = datasets.find((dataset) => dataset.name === name);
  if (found !== undefined) return found;
  const names = datasets.map((dataset) => dataset.name).join(', ');
  throw refusal('datasetUnknown', 'lib/datasets', `There is no dataset \`${name}\`; there is ${names}.`);
}

/**
 * The datasets that a synthesis is for: those named, comma-joined, in the order of all; all where none is named.
 * @throws MillraceError MR131, MR138 (named for a deployment, which would delete the others)
 */
export async function chosenDatasets(names: unknown, local: boolean): Promise<Dataset[]> {
  const all = await allDatasets();
  if (typeof names !== 'string' || names === '') return all;
  if (!local)
    throw refusal('datasetsChosen', 'the CDK context value `datasets`', 'A deployment has all datasets.');
  const wanted = new Set(
    await Promise.all(names.split(',').map(async (name) => (await datasetNamed(name)).name)),
  );
  return all.filter(({ name }) => wanted.has(name));
}

async function load(file: string, folder: URL): Promise<Dataset> {
  const place = `lib/datasets/${file}`;
  const module: unknown = await import(new URL(file, folder).href);
  const found =
    typeof module === 'object' && module !== null && 'dataset' in module ? module.dataset : undefined;
  if (!isDataset(found))
    throw refusal('exportMissing', place, 'The file exports no dataset of the name `dataset`.');
  if (`${found.name}.ts` !== file)
    throw refusal('fileMisnamed', place, `The dataset is named \`${found.name}\`.`);
  return found;
}

const isDataset = (value: unknown): value is Dataset =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'millrace.dataset';

/** Datasets share a cluster, a database and a workgroup, so a topic, table or query belongs to one of them. */
function refuseClashes(datasets: readonly Dataset[]): void {
  const owners = new Map<string, string>();
  for (const { name, manifest } of datasets) {
    const claims = [
      ...[manifest.topic.name, ...publicationsOf(manifest).map(({ topic }) => topic)].map(
        (topic) => `topic \`${topic}\``,
      ),
      ...[...Object.values(manifest.tables), ...goldTables(manifest).map((table) => table.name)].map(
        (table) => `table \`${table}\``,
      ),
      ...[...manifest.gold, ...manifest.queries].map(({ name }) => `query \`${name}\``),
    ];
    for (const claim of claims) {
      const owner = owners.get(claim);
      if (owner !== undefined)
        throw refusal('datasetsClash', name, `The ${claim} belongs to \`${owner}\` already.`);
      owners.set(claim, name);
    }
  }
}
