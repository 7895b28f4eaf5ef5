import { parse } from 'csv-parse/sync';
import { cellReaders } from './cell.ts';
import type { Reference } from './manifest.ts';
import type { ReferenceRow } from './mapper.ts';
import { refusal } from './refusal.ts';

/**
 * The rows of a reference table by the text of their key, typed by the declared columns; an empty cell is null. `NA` is a
 * text here: it is the code of Namibia.
 * @param place dataset and table: `parcels.references.depots`
 * @throws MillraceError MR143
 */
export function referenceRows(reference: Reference, text: string, place: string): Map<string, ReferenceRow> {
  const { key, columns, file } = reference;
  const refuse = (what: string, cause?: unknown) =>
    refusal('referenceUnreadable', place, `${file}: ${what}`, cause);
  const [header = [], ...records] = recordsOf(text, refuse);
  const places = columns.map((column) => ({ ...column, at: header.indexOf(column.name) }));
  const missing = places.filter(({ at }) => at < 0).map(({ name }) => `\`${name}\``);
  if (missing.length > 0) throw refuse(`the header lacks ${missing.join(', ')}.`);
  const rows = new Map<string, ReferenceRow>();
  records.forEach((record, index) => {
    const line = `row ${index + 1}`;
    const row: Record<string, string | number | null> = {};
    for (const { name, type, at } of places) {
      const cell = record[at] ?? '';
      try {
        row[name] = type === 'string' ? cell || null : (cellReaders[numeric(type)](cell) as number | null);
      } catch (cause) {
        throw refuse(`${line}: \`${cell}\` is no ${type} (\`${name}\`).`, cause);
      }
    }
    const value = row[key] ?? null;
    if (value === null) throw refuse(`${line} has no \`${key}\`.`);
    if (rows.has(String(value))) throw refuse(`the key \`${value}\` stands twice.`);
    rows.set(String(value), Object.freeze(row));
  });
  return rows;
}

const numeric = (type: string): 'long' | 'double' => (type === 'double' ? 'double' : 'long');

function recordsOf(text: string, refuse: (what: string, cause?: unknown) => Error): string[][] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true });
  } catch (cause) {
    throw refuse(`it is no CSV: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}
