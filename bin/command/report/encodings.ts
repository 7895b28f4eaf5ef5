/** What a report puts into the charts of a contract: titles, UTC. All of it is a pure function of Vega-Lite objects. */
import { isNumber, type ResultColumn } from '../../../lambdas/shared/athena/values.ts';
import { wordsOf } from './words.ts';

type Part = Readonly<Record<string, unknown>>;

const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const partsOf = (value: unknown): Part[] => [value].flat().filter(isPart);

/** Every channel of every layer: [its name, its definition]. */
function channels(chart: Part): [string, Part][] {
  const own = Object.entries(isPart(chart.encoding) ? chart.encoding : {}).flatMap(([name, value]) =>
    partsOf(value).map((part): [string, Part] => [name, part]),
  );
  return [...own, ...partsOf(chart.layer).flatMap(channels)];
}

/** Columns of the rows that a chart draws; none are known of a chart that transforms its rows first. */
export function drawnColumns(chart: Part): string[] {
  if ([chart, ...partsOf(chart.layer)].some(({ transform }) => transform !== undefined)) return [];
  const drawn = channels(chart).flatMap(([, { field }]) => (typeof field === 'string' ? [field] : []));
  return [...new Set(drawn)];
}

/** The column of the names at the y axis, which make a chart as high as they are many; undefined where it has none. */
export function namesOnY(chart: Part): string | undefined {
  const names = channels(chart).find(
    ([name, { type }]) => name === 'y' && (type === 'nominal' || type === 'ordinal'),
  );
  const field = names?.[1].field;
  return typeof field === 'string' ? field : undefined;
}

/** A column of the rows, and whether its names fit beside one another below a chart. */
export interface DrawnColumn extends ResultColumn {
  readonly fits: boolean;
}

/**
 * The chart with a title at each axis and legend that has none, its times in UTC, its texts of numbers as numbers, and
 * names level where they fit.
 */
export function completed(chart: Part, columns: readonly DrawnColumn[]): Part {
  const { encoding, layer } = chart;
  return {
    ...chart,
    ...(isPart(encoding) ? { encoding: completedEncoding(encoding, columns) } : {}),
    ...(Array.isArray(layer) ? { layer: partsOf(layer).map((one) => completed(one, columns)) } : {}),
  };
}

function completedEncoding(encoding: Part, columns: readonly DrawnColumn[]): Part {
  const one = (name: string, part: unknown): unknown => {
    if (!isPart(part)) return part;
    return completedChannel(
      name,
      part,
      columns.find((column) => column.name === part.field),
    );
  };
  return Object.fromEntries(
    Object.entries(encoding).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((part) => one(name, part)) : one(name, value),
    ]),
  );
}

function completedChannel(name: string, channel: Part, column: DrawnColumn | undefined): Part {
  const { field, title, aggregate, type, scale, timeUnit, axis } = channel;
  const named = typeof field === 'string' && title === undefined && aggregate === undefined;
  const placed = name === 'x' || name === 'y';
  const day = placed && type === 'temporal' && column?.type === 'date' && timeUnit === undefined;
  const level = name === 'x' && (type === 'nominal' || type === 'ordinal') && column?.fits === true;
  const number = name === 'text' && type === undefined && column !== undefined && isNumber(column);
  return {
    ...channel,
    ...(named ? { title: wordsOf(field) } : {}),
    ...(number ? { type: 'quantitative' } : {}),
    // Vega-Lite draws times in the zone of the machine.
    ...(type === 'temporal' && scale !== null
      ? { scale: { type: 'utc', ...(isPart(scale) ? scale : {}) } }
      : {}),
    ...((day || level) && axis !== null
      ? {
          axis: {
            ...(day ? { format: '%Y-%m-%d' } : { labelAngle: 0 }),
            ...(isPart(axis) ? axis : {}),
          },
        }
      : {}),
    ...(typeof timeUnit === 'string' && !timeUnit.startsWith('utc') ? { timeUnit: `utc${timeUnit}` } : {}),
  };
}
