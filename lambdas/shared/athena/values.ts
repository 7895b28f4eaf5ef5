export interface ResultColumn {
  readonly name: string;
  /** Athena's type: `integer`, `double`, `timestamp(3)`, `varchar`, ... */
  readonly type: string;
}

/** A row as Athena gives it: texts, null for NULL. */
export type Texts = readonly (string | null)[];

const NUMBER_TYPES = /^(?:tinyint|smallint|int|integer|bigint|float|real|double|decimal)\b/;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export function isNumber({ type }: ResultColumn): boolean {
  return NUMBER_TYPES.test(type);
}

/**
 * A value as JSON text: numbers stay the digits that the engine gave (so a long loses none), booleans are booleans,
 * NULL and what JSON has no number for (NaN, Infinity) are null, all else is text.
 */
export function jsonText(text: string | null, column: ResultColumn): string {
  if (text === null) return 'null';
  if (isNumber(column)) return JSON_NUMBER.test(text) ? text : 'null';
  if (column.type === 'boolean' && (text === 'true' || text === 'false')) return text;
  return JSON.stringify(text);
}

/** A row as the JSON text of an object, keys in the order of the columns. */
export function jsonRow(row: Texts, columns: readonly ResultColumn[]): string {
  const members = columns.map(
    (column, at) => `${JSON.stringify(column.name)}:${jsonText(row[at] ?? null, column)}`,
  );
  return `{${members.join(',')}}`;
}

/** Rows as objects. */
export function rowObjects(
  rows: readonly Texts[],
  columns: readonly ResultColumn[],
): Record<string, unknown>[] {
  return rows.map((row) => JSON.parse(jsonRow(row, columns)));
}

/** A line of CSV (RFC 4180, LF): NULL is empty, an empty text is quoted. */
export function csvLine(values: Texts): string {
  return `${values.map(csvField).join(',')}\n`;
}

function csvField(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
