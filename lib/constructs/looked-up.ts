import { lookedUp } from '../contract/looked-up.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { RestSource } from '../contract/source.ts';
import { referencesOf } from '../datasets/references.ts';

/**
 * The rows of the tables that a source looks into, as the fetch function reads them: `{ NAME: { KEY: ROW } }`.
 * @throws MillraceError MR143: a table cannot be read
 */
export function referencesText(manifest: Manifest, source: RestSource): string {
  const names = lookedUp(source);
  const references = manifest.references.filter(({ name }) => names.has(name));
  const tables = [...referencesOf({ dataset: manifest.dataset, references })].map(
    ([name, rows]) => [name, Object.fromEntries(rows)] as const,
  );
  return `${JSON.stringify(Object.fromEntries(tables))}\n`;
}
