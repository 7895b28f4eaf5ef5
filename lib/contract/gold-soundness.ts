import { derivedTypes } from './columns.ts';
import type { ApproximationForm, DatasetForm, GoldForm, WindowForm } from './form.ts';
import type { ColumnType, Field } from './manifest.ts';
import { refusal } from './refusal.ts';
import { checkSnake, checkTwice } from './soundness-names.ts';

/** A window's length in seconds: a second to a week. */
const LONGEST_SECONDS = 604_800;
/** Each row is counted once in each window that holds it. */
const MOST_WINDOWS_A_ROW = 100;
/** What Apache DataSketches takes as the size of a KLL sketch. */
const ITEMS = [8, 65_535] as const;
/** Columns every window table has of its own. */
const OWN = ['window_start', 'window_end', 'late_rows', 'final', 'processing_time'];
/** Columns every table of approximations has of its own. */
const APPROXIMATION = ['date', 'events', 'approximate_quantile', 'rank_error', 'through', 'processing_time'];

/**
 * Checks windows, gold models and approximations.
 * @throws MillraceError MR100, MR101, MR111, MR117, MR125, MR134-MR137
 */
export function checkGoldLayer(form: DatasetForm, fields: readonly Field[]): void {
  const types = new Map<string, ColumnType>([
    ...fields.map(({ column, type }): [string, ColumnType] => [column, type]),
    ...derivedTypes(form.derived ?? []),
  ]);
  const required = new Set(fields.filter((field) => field.required).map(({ column }) => column));
  for (const window of form.windows ?? [])
    checkWindow(window, form.partitionTime, types, required, `${form.name}.windows.${window.name}`);
  for (const model of form.gold ?? []) checkGold(model, `${form.name}.gold.${model.name}`);
  for (const one of form.approximations ?? [])
    checkApproximation(one, form.windows ?? [], `${form.name}.approximations.${one.name}`);
}

function checkWindow(
  window: WindowForm,
  partitionTime: string,
  types: ReadonlyMap<string, ColumnType>,
  required: ReadonlySet<string>,
  place: string,
): void {
  const typeOf = (name: string): ColumnType => {
    const type = types.get(name);
    if (type === undefined) throw refusal('columnUnknown', place, `There is no column \`${name}\`.`);
    return type;
  };
  checkSnake(window.name, place);
  if (!window.description.trim())
    throw refusal('descriptionMissing', place, 'The window has no description.');
  checkLength(window, place);
  const time = window.time ?? partitionTime;
  if (typeOf(time) !== 'timestamp' || !required.has(time))
    throw refusal('timeUnfit', place, `\`${time}\` does not place every row.`);
  for (const name of window.key) {
    if (!['string', 'long', 'int', 'boolean'].includes(typeOf(name)))
      throw refusal('windowUnsound', place, `The key \`${name}\` is a ${typeOf(name)}.`);
  }
  if (window.aggregates.length === 0)
    throw refusal('aggregateUnsound', place, 'The window has no aggregates.');
  for (const one of window.aggregates) {
    checkSnake(one.column, place);
    if (!one.description.trim())
      throw refusal('descriptionMissing', `${place}.${one.column}`, 'The column has no description.');
    if (one.kind === 'count') continue;
    const type = typeOf(one.of);
    if (type !== 'double' && type !== 'long')
      throw refusal(
        'aggregateUnsound',
        `${place}.${one.column}`,
        `\`${one.of}\` is a ${type}, not a number.`,
      );
    const items = one.kind === 'sketch' ? one.items : undefined;
    if (items !== undefined && !(Number.isInteger(items) && items >= ITEMS[0] && items <= ITEMS[1]))
      throw refusal(
        'aggregateUnsound',
        `${place}.${one.column}`,
        `A sketch of ${items} items cannot be made.`,
      );
  }
  checkTwice([...OWN, ...window.key, ...window.aggregates.map((one) => one.column)], 'columnTwice', place);
}

function checkLength({ sizeSeconds, slideSeconds = sizeSeconds }: WindowForm, place: string): void {
  const whole = [sizeSeconds, slideSeconds].every(
    (value) => Number.isInteger(value) && value >= 1 && value <= LONGEST_SECONDS,
  );
  if (!whole || sizeSeconds % slideSeconds !== 0)
    throw refusal('windowUnsound', place, `${sizeSeconds} s every ${slideSeconds} s.`);
  if (sizeSeconds / slideSeconds > MOST_WINDOWS_A_ROW)
    throw refusal(
      'windowUnsound',
      place,
      `A row would stand in ${sizeSeconds / slideSeconds} windows, more than ${MOST_WINDOWS_A_ROW}.`,
    );
}

function checkGold(model: GoldForm, place: string): void {
  const names = model.columns.map((column) => column.name);
  checkSnake(model.name, place);
  if (!model.description.trim()) throw refusal('descriptionMissing', place, 'The model has no description.');
  for (const { name, comment } of model.columns) {
    checkSnake(name, place);
    if (!comment.trim())
      throw refusal('descriptionMissing', `${place}.${name}`, 'The column has no comment.');
  }
  checkTwice(names, 'columnTwice', place);
  checkTwice(model.grain, 'goldUnsound', place);
  if (model.grain.length === 0) throw refusal('goldUnsound', place, 'The grain is empty.');
  const { partitionColumn } = model;
  for (const name of [...model.grain, ...(partitionColumn === undefined ? [] : [partitionColumn])]) {
    if (!names.includes(name)) throw refusal('columnUnknown', place, `The model has no column \`${name}\`.`);
  }
  const partition = model.columns.find((column) => column.name === partitionColumn);
  if (partition !== undefined && partition.type !== 'date' && partition.type !== 'timestamp') {
    throw refusal('goldUnsound', place, `\`${partitionColumn}\` is neither a date nor a timestamp.`);
  }
  checkTwice(
    (model.quality ?? []).map(({ name }) => name),
    'gateUnsound',
    place,
  );
  for (const rule of model.quality ?? []) {
    checkSnake(rule.name, `${place}.quality`);
    const words = rule.holds.match(/\b[a-z_][a-z0-9_]*\b/gi) ?? [];
    if (rule.holds.includes(';') || !words.some((word) => names.includes(word)))
      throw refusal(
        'gateUnsound',
        `${place}.quality.${rule.name}`,
        `\`${rule.holds}\` says nothing of a row.`,
      );
  }
}

function checkApproximation(one: ApproximationForm, windows: readonly WindowForm[], place: string): void {
  checkSnake(one.name, place);
  if (!one.description.trim())
    throw refusal('descriptionMissing', place, 'The approximation has no description.');
  const window = windows.find(({ name }) => name === one.window);
  const sketch = window?.aggregates.find(({ column }) => column === one.sketch);
  if (window === undefined || sketch?.kind !== 'sketch')
    throw refusal('approximationUnsound', place, `\`${one.window}\` has no sketch \`${one.sketch}\`.`);
  if ((window.slideSeconds ?? window.sizeSeconds) !== window.sizeSeconds || 86_400 % window.sizeSeconds !== 0)
    throw refusal('approximationUnsound', place, `The windows of \`${one.window}\` do not tile a day.`);
  if (!(one.quantile > 0 && one.quantile <= 1))
    throw refusal('approximationUnsound', place, `${one.quantile} is no quantile.`);
  checkTwice([...APPROXIMATION, ...window.key], 'columnTwice', place);
}
