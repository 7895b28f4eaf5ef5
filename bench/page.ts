import type { Machine } from './machine.ts';
import type { Figure, Result } from './result.ts';

/** The table of a result, in Markdown, with what it was measured on and by. */
export function table(result: Result): string {
  const rows = result.figures.map(
    ({ what, value, unit, aim }) => `| ${what} | ${shown(value, unit)} | ${aim ?? ''} |`,
  );
  return [
    '| what | measured | aim |',
    '| --- | --- | --- |',
    ...rows,
    '',
    `\`${result.command}\`, ${result.takenAt.slice(0, 10)}, ${Math.round(result.seconds)} s, on ${place(result.machine)}.`,
  ].join('\n');
}

/** A figure as people read it. */
export function shown(value: Figure['value'], unit: string): string {
  if (value === null || Number.isNaN(value)) return 'too few events';
  const text = value.toLocaleString('en-US', { maximumSignificantDigits: Math.abs(value) >= 1000 ? 4 : 3 });
  return unit === '' ? text : `${text} ${unit}`;
}

function place(machine: Machine): string {
  const { cores, cpu, memoryGiB, platform, node, java, python } = machine;
  return `${cores} cores of ${cpu}, ${memoryGiB} GiB, ${platform}; Node.js ${node}, Java ${java}, Python ${python}`;
}

/** The page with what stands between the markers of a benchmark replaced; a page without them comes out as it is. */
export function withTable(page: string, benchmark: string, text: string): string {
  const [begin, end] = [`<!-- bench:${benchmark} -->`, `<!-- /bench:${benchmark} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) return page;
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
