import { readFileSync } from 'node:fs';
import type { DatasetForm } from './form.ts';
import { refusal } from './refusal.ts';

/** The project's sql folder. */
export const sqlFolder = new URL('../../sql/', import.meta.url);

/**
 * The text of a gold model's SELECT, without a closing semicolon.
 * @throws MillraceError MR115 (no file), MR116 (not one SELECT that reads silver)
 */
export function readGoldSql(form: DatasetForm, model: string, folder: URL): string {
  const place = `${form.name}.gold.${model}`;
  const file = new URL(`${form.name}/${model}.sql`, folder);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim().replace(/;$/, '').trimEnd();
  } catch (cause) {
    throw refusal('sqlMissing', place, `The file sql/${form.name}/${model}.sql cannot be read.`, cause);
  }
  const code = text.replace(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').trim();
  if (!/^(?:with|select)\b/i.test(code))
    throw refusal('sqlUnsound', place, 'The SQL does not begin with SELECT or WITH.');
  if (code.includes(';')) throw refusal('sqlUnsound', place, 'The SQL holds more than one statement.');
  if (!new RegExp(`(?<![\\w."])${form.silver}(?![\\w."])`).test(code)) {
    throw refusal('sqlUnsound', place, `The SQL does not read \`${form.silver}\`.`);
  }
  return text;
}
