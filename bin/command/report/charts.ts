import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { GoldModel } from '../../../lib/contract/manifest.ts';
import type { Sample } from '../demo/samples.ts';

/** Colours are variables of the page, so that a chart follows its light and dark theme. */
const COLOURS = Array.from({ length: 8 }, (_, at) => `var(--series-${at + 1})`);
const INK = 'var(--ink-soft)';
const GRID = 'var(--grid)';
const FONT = 'system-ui, sans-serif';

const CONFIG: NonNullable<TopLevelSpec['config']> = {
  background: 'transparent',
  font: FONT,
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    gridColor: GRID,
    domainColor: GRID,
    tickColor: GRID,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelPadding: 6,
    titlePadding: 10,
  },
  legend: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 12,
    title: null,
    orient: 'top',
    symbolStrokeWidth: 3,
  },
  range: { category: COLOURS },
};

const WIDTH = 820;
const HEIGHT = 300;

async function svg(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile({ ...spec, config: CONFIG });
  const view = new View(parse(compiled), { renderer: 'none' });
  try {
    const text = await view.toSVG();
    // The page scales it to its column.
    return text.replace(/^<svg /, '<svg preserveAspectRatio="xMidYMid meet" ');
  } finally {
    view.finalize();
  }
}

/** Which columns of a gold model are its time, its series and its measure. */
export function rolesOf(model: GoldModel): { time: string; series: string | undefined; measure: string } {
  const measure = model.columns.find(({ name, type }) => type === 'double' && !model.grain.includes(name));
  return {
    time: model.partitionColumn,
    series: model.grain.find((name) => name !== model.partitionColumn),
    measure: measure?.name ?? model.columns.at(-1)?.name ?? '',
  };
}

/** The measure of a gold model over time, a line a series. */
export function goldChart(model: GoldModel, rows: readonly Record<string, unknown>[]): Promise<string> {
  const { time, series, measure } = rolesOf(model);
  return svg({
    width: WIDTH,
    height: HEIGHT,
    data: { values: rows.map((row) => ({ ...row })) },
    mark: { type: 'line', point: { filled: true, size: 60 }, strokeWidth: 2.5 },
    encoding: {
      x: { field: time, type: 'ordinal', title: null, axis: { labelAngle: 0, grid: false } },
      y: { field: measure, type: 'quantitative', title: measure, scale: { zero: false, nice: true } },
      ...(series === undefined ? {} : { color: { field: series, type: 'nominal' } }),
    },
  });
}

const PARTS = ['produced', 'landed', 'silver'] as const;

/** Records through each part, over the seconds since the first was produced. */
export function throughputChart(samples: readonly Sample[]): Promise<string> {
  const values = samples.flatMap((sample) =>
    PARTS.map((part) => ({ seconds: sample.seconds, part, records: sample[part] })),
  );
  return svg({
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: { type: 'line', strokeWidth: 2.5, interpolate: 'monotone' },
    encoding: {
      x: {
        field: 'seconds',
        type: 'quantitative',
        title: 'seconds since the first record',
        axis: { grid: false },
      },
      y: { field: 'records', type: 'quantitative', title: 'records', axis: { format: '~s' } },
      color: { field: 'part', type: 'nominal', sort: [...PARTS] },
    },
  });
}
