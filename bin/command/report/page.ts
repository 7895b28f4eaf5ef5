import { equationText, quarantinedTotal } from '../../../lambdas/audit/equation.ts';
import type { Outcome } from '../demo/outcome.ts';
import { goldChart, rolesOf, throughputChart } from './charts.ts';
import { cell, count, table, text, tiles } from './html.ts';
import { STYLE } from './style.ts';

/** The demo's report: one HTML file that loads nothing. */
export async function reportPage(outcome: Outcome): Promise<string> {
  const { model, rows, samples, audit, finishedAt, seed, expected } = outcome;
  const [gold, flow] = await Promise.all([goldChart(model, rows), throughputChart(samples)]);
  const clean = audit.lost + audit.duplicated + audit.disagreed === 0;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace: ${text(model.name)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>Millrace</h1>
<p>${text(count(expected.distinct))} distinct events of <code>${text(outcome.dataset)}</code> and
${text(count(expected.records - expected.distinct))} records that go wrong, from Kafka to <code>${text(model.name)}</code>.
Finished ${text(finishedAt.slice(0, 16).replace('T', ' '))} UTC, seed ${seed}.</p>
</header>
<section class="tiles">${factsOf(outcome)}</section>
<section>
<h2>${text(rolesOf(model).measure)}</h2>
<p>${text(model.description)}</p>
<figure>${gold}</figure>
<details><summary>The rows</summary>${rowsTable(outcome)}</details>
</section>
<section>
<h2>The audit <span class="badge ${clean ? 'good' : 'bad'}">${clean ? 'all accounted for' : 'fails'}</span></h2>
${Object.entries(audit.datasets)
  .map(
    ([dataset, one]) =>
      `<p class="equation"><strong>${text(dataset)}</strong> ${text(equationText(one))}</p>`,
  )
  .join('\n')}
${auditTable(outcome)}
</section>
<section>
<h2>Throughput</h2>
<figure>${flow}</figure>
${throughputTable(outcome)}
</section>
${chaosSection(outcome)}<section>
<h2>Timings</h2>
${timingsTable(outcome)}
</section>
</main>
</body>
</html>
`;
}

function factsOf({ audit, throughput, silver }: Outcome): string {
  return tiles([
    ['lost', count(audit.lost)],
    ['duplicated', count(audit.duplicated)],
    ['disagreed', count(audit.disagreed)],
    ['Kafka to silver', `${count(throughput.silverPerSecond)}/s`],
    ['query over silver', `${throughput.querySeconds.toFixed(2)} s`],
    ['silver', `${throughput.silverBytesPerEvent} B/event`],
    ['silver rows', count(silver.records)],
  ]);
}

function rowsTable({ model, rows }: Outcome): string {
  const names = model.columns.map(({ name }) => name);
  return table(
    names,
    rows.map((row) => names.map((name) => cell(row[name]))),
  );
}

function auditTable({ audit, expected }: Outcome): string {
  const body = Object.entries(audit.datasets).flatMap(([dataset, one]) => [
    [dataset, 'positions', count(one.positions), count(expected.records)],
    ['', 'silver', count(one.silver), count(expected.distinct)],
    ['', 'identical duplicates', count(one.identicalDuplicates), count(expected.identicalDuplicates)],
    ['', 'superseded', count(one.superseded), '0'],
    ['', 'quarantined', count(quarantinedTotal(one)), count(sum(expected.quarantined))],
    ...Object.entries(one.quarantined).map(([reason, found]) => [
      '',
      `— ${reason}`,
      count(found),
      count(expected.quarantined[reason as keyof typeof expected.quarantined]),
    ]),
    ['', 'failed', count(one.failed), '0'],
    ['', 'late (of silver)', count(one.late), count(expected.late)],
    ['', 'positions in bronze', count(one.bronzePositions), count(expected.records)],
    ['', 'lost', count(one.lost), '0'],
    ['', 'duplicated', count(one.duplicated), '0'],
    ['', 'disagreed', count(one.disagreed), '0'],
  ]);
  return table(['dataset', 'what', 'found', 'sent'], body);
}

function throughputTable({ throughput, silver }: Outcome): string {
  return table(
    ['what', 'measured'],
    [
      ['produced, acknowledged by the broker', `${count(throughput.producePerSecond)} records/s`],
      ['first record produced to last in bronze', `${count(throughput.landPerSecond)} records/s`],
      ['first record produced to last in silver', `${count(throughput.silverPerSecond)} records/s`],
      ['silver job while it works on a batch', `${count(throughput.silverBusyPerSecond)} records/s`],
      ['the query over silver', `${throughput.querySeconds.toFixed(2)} s`],
      ['bytes that the query scanned', count(throughput.queryScannedBytes)],
      ['silver', `${count(silver.bytes)} bytes in ${count(silver.files)} files`],
      ['silver, an event', `${throughput.silverBytesPerEvent} bytes`],
    ],
  );
}

/** Nothing of a demo without --chaos. */
function chaosSection({ chaos }: Outcome): string {
  if (chaos.length === 0) return '';
  const rows = chaos.map(({ part, point, at, backAfterSeconds }) => [
    part,
    point,
    count(at.produced),
    count(at.silver),
    backAfterSeconds.toFixed(1),
  ]);
  const head = ['killed', 'when', 'produced by then', 'in silver by then', 'back after (s)'];
  return `<section>\n<h2>Killed on the way</h2>\n${table(head, rows)}\n</section>\n`;
}

function timingsTable({ timings }: Outcome): string {
  return table(
    ['step', 'seconds'],
    Object.entries(timings).map(([step, seconds]) => [step, seconds.toFixed(1)]),
  );
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}
