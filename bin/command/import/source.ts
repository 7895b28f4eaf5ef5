import type { Manifest } from '../../../lib/contract/manifest.ts';
import type { FileSource } from '../../../lib/contract/source.ts';
import type { Batch } from './batch.ts';
import { refusal } from './refusal.ts';

/** The file sources of a dataset. @param name of the one that is wanted. @throws MillraceError MR879 */
export function fileSources({ dataset, sources }: Manifest, name?: string): FileSource[] {
  const files = sources.filter((source) => source.kind === 'file');
  const wanted = name === undefined ? files : files.filter((source) => source.name === name);
  if (wanted.length > 0) return wanted;
  const known = files.map((source) => source.name).join(', ') || 'none';
  throw refusal(
    'sourceUnknown',
    `dataset ${dataset}`,
    name === undefined
      ? 'the dataset has no source of files'
      : `there is no file source \`${name}\`; there is ${known}`,
  );
}

/**
 * The source of a file, by its first rows.
 * @param named the sources are the one that was asked for: rows that leave out columns are taken as its own
 * @throws MillraceError MR872
 */
export function sourceOfRows(
  { columns, sparse }: Pick<Batch, 'columns' | 'sparse'>,
  sources: readonly FileSource[],
  named: boolean,
  place: string,
): FileSource {
  const [asked] = sources;
  return named && sparse === true && asked !== undefined ? asked : sourceFor(columns, sources, place);
}

/** The source whose columns the rows have; of several, that with the most. @throws MillraceError MR872 */
export function sourceFor(
  columns: readonly string[],
  sources: readonly FileSource[],
  place: string,
): FileSource {
  const has = new Set(columns);
  const ranked = sources
    .map((source) => ({ source, missing: source.columns.filter((column) => !has.has(column)) }))
    .sort((a, b) => a.missing.length / a.source.columns.length - b.missing.length / b.source.columns.length);
  const fitting = ranked
    .filter(({ missing }) => missing.length === 0)
    .map(({ source }) => source)
    .sort((a, b) => b.columns.length - a.columns.length);
  const [best, second] = fitting;
  if (best !== undefined && second?.columns.length !== best.columns.length) return best;
  if (best !== undefined)
    throw refusal('noSource', place, `it may be of \`${best.name}\` or of \`${second?.name}\``);
  const nearest = ranked[0];
  throw refusal(
    'noSource',
    place,
    `it is of no source; nearest is \`${nearest?.source.name}\`, but for ${nearest?.missing.map((name) => `\`${name}\``).join(', ')}`,
  );
}
