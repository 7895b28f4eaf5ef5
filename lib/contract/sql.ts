import { readFileSync } from 'node:fs';
import type { DatasetForm, QueryForm } from './form.ts';
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
  if (placeholders(text) > 0)
    throw refusal('sqlUnsound', place, 'The SQL has a `?`, and the job has no values to give.');
  if (!readsTable(text, form.silver)) {
    throw refusal('sqlUnsound', place, `The SQL does not read \`${form.silver}\`.`);
  }
  return text;
}

/**
 * The text of a named query's SELECT, its `{silver}` replaced.
 * @throws MillraceError MR115, MR116, MR149 (its `?` and its parameters differ in number)
 */
export function readQuerySql(
  form: DatasetForm,
  { name, sql: file, parameters = [] }: QueryForm,
  folder: URL,
): string {
  const place = `${form.name}.queries.${name}`;
  const text = selectText(file ?? `${form.name}/${name}`, place, folder);
  const wanted = placeholders(text);
  if (wanted !== parameters.length)
    throw refusal(
      'queryUnsound',
      place,
      `The SQL has ${wanted} \`?\`, the query ${parameters.length} parameters.`,
    );
  return text.replaceAll('{silver}', form.silver);
}

/** SQL without its texts and comments. */
export const codeOf = (text: string): string =>
  text.replace(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').trim();

/** How many values the SQL wants of whoever runs it. */
const placeholders = (text: string): number => codeOf(text).split('?').length - 1;

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
