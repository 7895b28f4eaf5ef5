import type { GoldModel } from '../../../lib/contract/manifest.ts';
import type { Sample } from '../demo/samples.ts';
import { HEIGHT, PAGE_COLOURS, svgOf, WIDTH } from './theme.ts';

interface Roles {
  /** Undefined of a model that is not partitioned. */
  readonly time: string | undefined;
  readonly series: string | undefined;
  readonly measure: string;
}

/** Which columns of a gold model are its time, its series and its measure. */
export function rolesOf(model: GoldModel): Roles {
  const measure = model.columns.find(({ name, type }) => type === 'double' && !model.grain.includes(name));
  return {
    time: model.partitionColumn ?? undefined,
    series: model.grain.find((name) => name !== model.partitionColumn),
    measure: measure?.name ?? model.columns.at(-1)?.name ?? '',
  };
}

/** The measure of a gold model over time, a line a series; a bar a series where the model has no time. */
export function goldChart(model: GoldModel, rows: readonly Record<string, unknown>[]): Promise<string> {
  const { time, series, measure } = rolesOf(model);
  const frame = { width: WIDTH, height: HEIGHT, data: { values: rows.map((row) => ({ ...row })) } };
  const y = { field: measure, type: 'quantitative', title: measure } as const;
  if (time === undefined)
    return svgOf(
      {
        ...frame,
        mark: { type: 'bar' },
        encoding: { x: { field: series ?? measure, type: 'nominal', title: null }, y },
      },
      PAGE_COLOURS,
    );
  return svgOf(
    {
      ...frame,
      mark: { type: 'line', point: { filled: true, size: 60 }, strokeWidth: 2.5 },
      encoding: {
        x: { field: time, type: 'ordinal', title: null, axis: { labelAngle: 0, grid: false } },
        y: { ...y, scale: { zero: false, nice: true } },
        ...(series === undefined ? {} : { color: { field: series, type: 'nominal', title: null } }),
      },
    },
    PAGE_COLOURS,
  );
}

const PARTS = ['produced', 'landed', 'silver'] as const;

/** Records through each part, over the seconds since the first was produced. */
export function throughputChart(samples: readonly Sample[]): Promise<string> {
  const values = samples.flatMap((sample) =>
    PARTS.map((part) => ({ seconds: sample.seconds, part, records: sample[part] })),
  );
  return svgOf(
    {
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
        color: { field: 'part', type: 'nominal', title: null, sort: [...PARTS] },
      },
    },
    PAGE_COLOURS,
  );
}
