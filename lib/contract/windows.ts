import type { DatasetForm, WindowForm } from './form.ts';
import type { Aggregate, Approximation, Column, ColumnType, WindowModel } from './manifest.ts';
import { publicationOf } from './publication.ts';

const column = (name: string, type: ColumnType, comment: string): Column => ({ name, type, comment });
const unit = (text: string | undefined): string => (text === undefined ? '' : ` (${text})`);

/** Size, in items, of a sketch whose form names none: a rank error of 0.28 % at 99 % confidence (one-sided). */
const SKETCH_ITEMS = 1000;
const SECOND_MS = 1000;

/** What an aggregate is stored as. `source` is the type of the silver column it is made of. */
function aggregateType(aggregate: Aggregate, source: ColumnType | undefined): ColumnType {
  if (aggregate.kind === 'count') return 'long';
  if (aggregate.kind === 'sketch') return 'binary';
  return aggregate.kind === 'avg' ? 'double' : (source ?? 'double');
}

/**
 * A window table in full: window_start, window_end, the key, the aggregates, late_rows, final, processing_time.
 * @param silver columns of the silver table
 */
export function windowModel(form: WindowForm, dataset: DatasetForm, silver: readonly Column[]): WindowModel {
  const types = new Map(silver.map((one) => [one.name, one]));
  const aggregates = form.aggregates.map(({ description, unit: _unit, ...rest }): Aggregate => {
    if (rest.kind !== 'sketch') return rest;
    return { ...rest, items: rest.items ?? SKETCH_ITEMS };
  });
  const sizeMs = form.sizeSeconds * SECOND_MS;
  return {
    name: form.name,
    description: form.description,
    time: form.time ?? dataset.partitionTime,
    sizeMs,
    slideMs: (form.slideSeconds ?? form.sizeSeconds) * SECOND_MS,
    key: form.key,
    aggregates,
    columns: [
      column('window_start', 'timestamp', 'First instant of the window (UTC)'),
      column('window_end', 'timestamp', 'First instant after the window (UTC)'),
      ...form.key.map((name) =>
        column(name, types.get(name)?.type ?? 'string', types.get(name)?.comment ?? ''),
      ),
      ...form.aggregates.map((one, index) => {
        const aggregate = aggregates[index] ?? one;
        const of = 'of' in one ? types.get(one.of)?.type : undefined;
        return column(
          one.column,
          aggregateType(aggregate as Aggregate, of),
          one.description + unit(one.unit),
        );
      }),
      column('late_rows', 'long', 'Rows of the window that were behind the watermark when they arrived'),
      column(
        'final',
        'boolean',
        'True: the watermark has passed the window, so only late rows still change it',
      ),
      column('processing_time', 'timestamp', 'When the window was computed (UTC)'),
    ],
    export: form.parquet === true ? 'parquet' : null,
    publish: publicationOf(form.publish, dataset),
  };
}

/** The columns of a table of approximate quantiles: date, the key of its windows, and what is known of each day so far. */
export function approximationColumns(
  { quantile }: Pick<Approximation, 'quantile'>,
  window: WindowModel,
  sketched: Column | undefined,
): Column[] {
  return [
    column('date', 'date', 'UTC day of the windows'),
    ...window.columns.filter(({ name }) => window.key.includes(name)),
    column('events', 'long', 'Values that the sketches of the day have seen so far'),
    column(
      'approximate_quantile',
      'double',
      `APPROXIMATE: the value at rank ${quantile} of the day so far, within rank_error of it. ${sketched?.comment ?? ''}`.trim(),
    ),
    column(
      'rank_error',
      'double',
      'Bound of the error of the rank, as a fraction of all values, at 99 % confidence; 0 where nothing was left out',
    ),
    column('through', 'timestamp', 'End of the last window merged (UTC)'),
    column('processing_time', 'timestamp', 'When the row was computed (UTC)'),
  ];
}
