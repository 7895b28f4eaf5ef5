import type { TopLevelSpec } from 'vega-lite';
import type { ResultColumn } from '../../../lambdas/shared/athena/values.ts';
import type { NamedQuery } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { completed, drawnColumns, namesOnY } from './encodings.ts';
import { text } from './html.ts';
import { HEIGHT, PICTURE_COLOURS, PICTURE_WIDTH, svgOf, WIDTH } from './theme.ts';
import { lines } from './words.ts';

/** Of a name on the y axis, pixels. */
const STEP = 24;
/** Of a letter at an axis, pixels. */
const LETTER = 7;
/** Characters of a title that stand in a line. */
const TITLE = 95;

/**
 * A named query's rows as its chart draws them, as the text of an SVG picture that stands for itself; undefined where the
 * query has no chart.
 * @param rows as objects; dates and timestamps as Athena writes them
 * @throws MillraceError MR865: the chart draws a column that there is not, or Vega refuses it
 */
export async function queryChart(
  query: Pick<NamedQuery, 'name' | 'description' | 'chart'>,
  columns: readonly ResultColumn[],
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<string | undefined> {
  const { name, description, chart } = query;
  if (chart === null) return undefined;
  const unknown = drawnColumns(chart).filter((column) => !columns.some((one) => one.name === column));
  if (unknown.length > 0) throw refused(name, `the rows have no column ${unknown.join(', ')}`);
  const title = lines(description, TITLE);
  try {
    const svg = await svgOf(
      rows.length === 0 ? emptySpec(title) : specOf(chart, title, columns, rows),
      PICTURE_COLOURS,
    );
    return svg.replace(/^<svg /, `<svg role="img" aria-label="${text(description)}" `);
  } catch (cause) {
    throw refused(name, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function specOf(
  chart: NonNullable<NamedQuery['chart']>,
  title: string[],
  columns: readonly ResultColumn[],
  rows: readonly Readonly<Record<string, unknown>>[],
): TopLevelSpec {
  const instants = columns.filter(({ type }) => type.startsWith('timestamp')).map(({ name }) => name);
  const spec: unknown = {
    ...completed(
      chart,
      columns.map((one) => ({ ...one, fits: fitsLevel(rows.map((row) => row[one.name])) })),
    ),
    title,
    // Pictures are equally wide, however long the names at their axes.
    width: PICTURE_WIDTH,
    autosize: { type: 'fit-x', contains: 'padding' },
    height: heightOf(chart, rows),
    data: { values: rows.map((row) => withInstants(row, instants)) },
  };
  // Vega-Lite itself checks what the contract says.
  return spec as TopLevelSpec;
}

/** `2013-01-01 10:00:00.000` as `2013-01-01T10:00:00.000Z`. */
function withInstants(
  row: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  const instants = names.map((name) => {
    const value = row[name];
    const iso = typeof value === 'string' ? `${value.slice(0, 23).replace(' ', 'T')}Z` : value;
    return [name, iso] as const;
  });
  return { ...row, ...Object.fromEntries(instants) };
}

function heightOf(
  chart: NonNullable<NamedQuery['chart']>,
  rows: readonly Readonly<Record<string, unknown>>[],
): number {
  const column = namesOnY(chart);
  if (column === undefined) return HEIGHT;
  // A column that the chart makes itself is in no row.
  const names = new Set(rows.map((row) => row[column]));
  return names.has(undefined) ? HEIGHT : STEP * names.size;
}

/** Whether the distinct values stand beside one another at an axis. */
function fitsLevel(values: readonly unknown[]): boolean {
  const texts = [...new Set(values)].map(String);
  const longest = Math.max(0, ...texts.map((one) => one.length));
  return texts.length * (longest + 2) * LETTER <= WIDTH;
}

function emptySpec(title: string[]): TopLevelSpec {
  return {
    title,
    width: PICTURE_WIDTH,
    autosize: { type: 'fit-x', contains: 'padding' },
    height: HEIGHT / 3,
    data: { values: [{}] },
    mark: { type: 'text', text: 'no rows', fontSize: 16 },
  };
}

function refused(query: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError('MR865', `the chart cannot be drawn: ${what}`, {
    where: `the named query ${query}`,
    mend: 'mend its chart in the contract, or its SQL',
    cause,
  });
}
