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
  const text = selectText(`${form.name}/${model}`, place, folder);
  if (!readsTable(text, form.silver)) {
    throw refusal('sqlUnsound', place, `The SQL does not read \`${form.silver}\`.`);
  }
  return text;
}

/**
 * The text of a named query's SELECT, its `{silver}` replaced.
 * @param file below sql/, without `.sql`; @default DATASET/QUERY
 * @throws MillraceError MR115, MR116
 */
export function readQuerySql(
  form: DatasetForm,
  query: string,
  file: string | undefined,
  folder: URL,
): string {
  const text = selectText(file ?? `${form.name}/${query}`, `${form.name}.queries.${query}`, folder);
  return text.replaceAll('{silver}', form.silver);
}

const codeOf = (text: string): string =>
  text.replace(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').trim();

const readsTable = (text: string, table: string): boolean =>
  new RegExp(`(?<![\\w."])${table}(?![\\w."])`).test(codeOf(text));

function selectText(name: string, place: string, folder: URL): string {
  let text: string;
  try {
    text = readFileSync(new URL(`${name}.sql`, folder), 'utf8')
      .trim()
      .replace(/;$/, '')
      .trimEnd();
  } catch (cause) {
    throw refusal('sqlMissing', place, `The file sql/${name}.sql cannot be read.`, cause);
  }
  const code = codeOf(text);
  if (!/^(?:with|select)\b/i.test(code))
    throw refusal('sqlUnsound', place, 'The SQL does not begin with SELECT or WITH.');
  if (code.includes(';')) throw refusal('sqlUnsound', place, 'The SQL holds more than one statement.');
  return text;
}
