import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** What is inside the axes of a chart, pixels; the page scales it to its column. */
export const WIDTH = 820;
export const HEIGHT = 300;
/** All of a picture, axes and legend included. */
export const PICTURE_WIDTH = 920;

export interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  /** Of one series alone, and of each of several. */
  readonly mark: string;
  readonly series: readonly string[];
}

/** Variables of the page, so that a chart inside it follows its light and dark theme. */
export const PAGE_COLOURS: Colours = {
  paper: 'transparent',
  ink: 'var(--ink)',
  soft: 'var(--ink-soft)',
  grid: 'var(--grid)',
  mark: 'var(--series-1)',
  series: Array.from({ length: 8 }, (_, at) => `var(--series-${at + 1})`),
};

/** Of a picture of its own: dark on light; neighbouring series differ in lightness too, so it may be printed in grey. */
export const PICTURE_COLOURS: Colours = {
  paper: '#ffffff',
  ink: '#1b1f24',
  soft: '#4a525b',
  grid: '#dfe2e6',
  mark: '#2f6ba8',
  series: ['#173f6d', '#e08a3c', '#2f8f6b', '#8fb4dc', '#8a3f8f', '#e3c44f', '#5b6068', '#d98fae'],
};

/** The looks of all charts. */
function themeOf({ paper, ink, soft, grid, mark, series }: Colours): NonNullable<TopLevelSpec['config']> {
  return {
    background: paper,
    font: 'system-ui, sans-serif',
    // Thousands apart, and no digits that only binary fractions have.
    numberFormat: ',.10~g',
    view: { stroke: null },
    mark: { color: mark },
    title: { color: ink, fontSize: 15, fontWeight: 600, anchor: 'start', offset: 14 },
    text: { color: ink, fontSize: 12 },
    axis: {
      labelColor: soft,
      titleColor: soft,
      gridColor: grid,
      domainColor: grid,
      tickColor: grid,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      labelPadding: 6,
      titlePadding: 10,
    },
    legend: {
      labelColor: soft,
      titleColor: soft,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      titleLimit: 400,
      orient: 'top',
      symbolStrokeWidth: 3,
    },
    range: { category: [...series], ramp: { scheme: 'blues' }, heatmap: { scheme: 'blues' } },
  };
}

/** Draws a chart without a browser. */
export async function svgOf(spec: TopLevelSpec, colours: Colours): Promise<string> {
  const { spec: compiled } = compile({ ...spec, config: themeOf(colours) });
  const view = new View(parse(compiled), { renderer: 'none' });
  try {
    const text = await view.toSVG();
    return text.replace(/^<svg /, '<svg preserveAspectRatio="xMidYMid meet" ');
  } finally {
    view.finalize();
  }
}
