import type { Answer, AnswerColumn } from './answer.ts';

/** Rows that are shown of those that differ. */
const SHOWN = 5;

const RELATIVE = 1e-9;
/** A constant has a deviation of 0, or of a few units in the last place of its mean. */
const NOISE = 1e-12;

/** Averages are sums of floating-point numbers, whose last digits depend on their order; all else is exact. */
const isAverage = ({ name, type }: AnswerColumn): boolean =>
  type === 'double' && /^(?:avg|mean|stddev)_/.test(name);

/** A text whose last words fix the order of its rows. */
export function isOrdered(sql: string): boolean {
  return /\border\s+by\b[^()]*$/i.test(sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' '));
}

type Row = Answer['rows'][number];

function sorted(answer: Answer): readonly Row[] {
  const key = (row: Row): string =>
    JSON.stringify(row.filter((_, at) => !isAverage(answer.columns[at] ?? { name: '', type: '' })));
  return answer.rows
    .map((row) => ({ row, key: key(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

function isClose(one: string, other: string, largest: number): boolean {
  const [a, b] = [Number(one), Number(other)];
  return Math.abs(a - b) <= RELATIVE * Math.max(Math.abs(a), Math.abs(b)) + NOISE * largest;
}

/** The columns in which two rows differ, with their values. */
function differing(columns: readonly AnswerColumn[], one: Row, other: Row): string[] {
  const averages = columns.flatMap((column, at) => (isAverage(column) ? [Number(one[at] ?? 0)] : []));
  const largest = Math.max(0, ...averages.map(Math.abs));
  return columns.flatMap((column, at) => {
    const [a, b] = [one[at] ?? null, other[at] ?? null];
    const same = a === b || (isAverage(column) && a !== null && b !== null && isClose(a, b, largest));
    return same ? [] : [`${column.name}: ${a} and ${b}`];
  });
}

/**
 * In what two answers to one text differ, empty where in nothing: names and types of columns, rows (in their order where
 * the text fixes it, else as a bag), values to the last bit and averages to 1e-9 relative.
 */
export function differences(sql: string, one: Answer, other: Answer): string[] {
  const columns = [one, other].map((answer) =>
    answer.columns.map(({ name, type }) => `${name} ${type}`).join(', '),
  );
  if (columns[0] !== columns[1]) return columns.map((text) => `columns: ${text}`);
  if (one.rows.length !== other.rows.length) return [`${one.rows.length} rows and ${other.rows.length} rows`];
  const [left, right] = isOrdered(sql) ? [one.rows, other.rows] : [sorted(one), sorted(other)];
  return left
    .flatMap((row, at) => {
      const found = differing(one.columns, row, right[at] ?? []);
      return found.length === 0 ? [] : [`row ${at}: ${found.join(', ')}`];
    })
    .slice(0, SHOWN);
}
