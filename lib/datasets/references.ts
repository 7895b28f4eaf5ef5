import { readFileSync } from 'node:fs';
import type { Manifest } from '../contract/manifest.ts';
import type { References } from '../contract/mapper.ts';
import { referenceRows } from '../contract/reference.ts';
import { refusal } from '../contract/refusal.ts';

/** Where the CSV files of reference tables lie. */
export const referenceFolder = new URL('./reference/', import.meta.url);

/** The dataset's reference tables, read. @throws MillraceError MR143 */
export function referencesOf(
  { dataset, references }: Pick<Manifest, 'dataset' | 'references'>,
  folder: URL = referenceFolder,
): References {
  return new Map(
    references.map((reference) => {
      const place = `${dataset}.references.${reference.name}`;
      return [reference.name, referenceRows(reference, textOf(reference.file, folder, place), place)];
    }),
  );
}

function textOf(file: string, folder: URL, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(new URL(file, folder)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refusal('referenceUnreadable', place, `${file} cannot be read: ${why}`, cause);
  }
}
