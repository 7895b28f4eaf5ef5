import { rowObjects } from '../../../lambdas/shared/athena/values.ts';
import type { Drawn, ReportFacts } from './dataset-report.ts';
import { daysText } from './days.ts';
import { cell, count, table, text, tiles } from './html.ts';
import { STYLE } from './style.ts';
import { wordsOf } from './words.ts';

/** Rows of a query that the page shows; its CSV file has all. */
const MOST_ROWS = 200;

const PICTURES = `
figure img { display: block; width: 100%; height: auto; min-width: 560px; background: #fff; border-radius: 8px; padding: 12px; }
a { color: inherit; }
`;

/** A dataset's report: one HTML file that loads nothing. */
export function datasetPage(facts: ReportFacts, answers: readonly Drawn[]): string {
  const { dataset, description, stage, generatedAt, days } = facts;
  const range = days === undefined ? '' : ` Days: ${daysText(days)} (UTC).`;
  const summary = answers.find(({ query }) => query.kind === 'summary');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace: ${text(dataset)}</title>
<style>${STYLE}${PICTURES}</style>
</head>
<body>
<main>
<header>
<h1>${text(dataset)}</h1>
<p>${text(description)}${range} Stage <code>${text(stage)}</code>, ${text(generatedAt.slice(0, 16).replace('T', ' '))} UTC.</p>
</header>
${summary === undefined ? '' : `<section class="tiles">${figuresOf(summary)}</section>`}
${answers
  .filter((one) => one !== summary)
  .map(sectionOf)
  .join('\n')}
</main>
</body>
</html>
`;
}

function figuresOf({ columns, rows }: Drawn): string {
  const [row = {}] = rowObjects(rows, columns);
  return tiles(columns.map(({ name }) => [wordsOf(name), valueText(name, row[name])] as const));
}

function sectionOf({ query, columns, rows, svg, whole }: Drawn): string {
  const { name, description } = query;
  const links = [...(svg === undefined ? [] : [`${name}.svg`]), `${name}.csv`]
    .map((file) => `<a href="${text(file)}">${text(file)}</a>`)
    .join(' ');
  const picture =
    svg === undefined
      ? ''
      : `<figure><img alt="${text(`Chart: ${description}`)}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></figure>\n`;
  const shown = rowObjects(rows.slice(0, MOST_ROWS), columns).map((row) =>
    columns.map((column) => valueText(column.name, row[column.name])),
  );
  const words = columns.map((column) => wordsOf(column.name));
  const note = rows.length > MOST_ROWS ? `<p>The first ${MOST_ROWS} of ${count(rows.length)} rows.</p>` : '';
  const how = svg === undefined ? '<details open>' : '<details>';
  return `<section id="${text(name)}">
<h2>${text(wordsOf(name))}</h2>
<p>${text(description)}${whole === true ? ' (of all days)' : ''}</p>
${picture}${how}<summary>${count(rows.length)} rows</summary>${note}${table(words, shown)}</details>
<p>${links}</p>
</section>`;
}

/** A year is a name, not an amount. */
function valueText(column: string, value: unknown): string {
  return /(?:^|_)year$/.test(column) ? String(value ?? '') : cell(value);
}
