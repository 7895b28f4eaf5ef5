import Table from 'cli-table3';
import { lastAuditText } from '../audit/last.ts';
import { thousands } from '../progress-line.ts';
import type { DatasetMetrics, Metrics } from './collect.ts';

/** What operators watch, as one screen. */
export function metricsText({ at, stage, datasets, tables, jobs }: Metrics): string {
  return [
    `stage ${stage}, ${at.slice(0, 19).replace('T', ' ')} UTC`,
    ...datasets.map(datasetText),
    tableOf(
      ['table', 'files', 'size', 'rows'],
      tables.map(({ table, files, bytes, rows }) => [
        table,
        thousands(files),
        sizeText(bytes),
        rows === null ? '' : thousands(rows),
      ]),
    ),
    tableOf(
      ['job', 'seconds', 'started (UTC)', 'last run'],
      jobs.map(({ job, state, startedAt, seconds, error }) => [
        job,
        seconds === null ? '' : thousands(seconds),
        startedAt?.slice(0, 19).replace('T', ' ') ?? '',
        error === null ? state : `${state}: ${error.split('\n')[0]?.slice(0, 60)}`,
      ]),
      1,
    ),
  ].join('\n');
}

function datasetText({ dataset, rates, lag, batches, ...rest }: DatasetMetrics): string {
  const { freshnessSeconds, sinceCommitSeconds, quarantined, audit } = rest;
  const lines: string[] = [dataset];
  const fact = (name: string, text: string): void => void lines.push(`  ${name.padEnd(12)} ${text}`);
  const each = (['produced', 'landed', 'silver'] as const).map((part) => `${part} ${thousands(rates[part])}`);
  fact('records/s', `${each.join(', ')} (over ${rates.overSeconds.toFixed(1)} s)`);
  for (const { topic, partition, end, toLand, toSilver, silverBehindSeconds } of lag) {
    const behind =
      toSilver === 0 || silverBehindSeconds === null ? '' : `, at most ${spanText(silverBehindSeconds)}`;
    const waiting = `to land ${thousands(toLand)}, to silver ${thousands(toSilver)}${behind}`;
    fact('lag', `${topic}-${partition}: ${waiting} (end ${thousands(end)})`);
  }
  if (batches !== null) {
    const { lastSeconds, lastRecords, medianSeconds, longestSeconds, counted } = batches;
    const last = `last ${lastSeconds.toFixed(1)} s for ${thousands(lastRecords)} records`;
    fact(
      'micro-batch',
      `${last}; of the last ${counted}: median ${medianSeconds.toFixed(1)} s, longest ${longestSeconds.toFixed(1)} s`,
    );
  }
  fact(
    'freshness',
    freshnessSeconds === null
      ? 'silver is empty'
      : `${spanText(freshnessSeconds)} since the newest observed time in silver`,
  );
  if (sinceCommitSeconds !== null) fact('commit', `${spanText(sinceCommitSeconds)} since silver's last`);
  const reasons = Object.entries(quarantined).map(([reason, count]) => `${thousands(count)} ${reason}`);
  fact('quarantined', reasons.join(', ') || 'nothing');
  fact('audit', audit === null ? 'the scheduled one has not run yet' : lastAuditText(audit));
  return lines.join('\n');
}

/** The columns after the first, at most `numbers` of them, are numbers. */
function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers = head.length,
): string {
  const chars = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  const colAligns = head.map((_, at) => (at > 0 && at <= numbers ? ('right' as const) : ('left' as const)));
  const table = new Table({ head: [...head], colAligns, style: { head: [], border: [] }, chars });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** 1234567 -> `1.2 MB` */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** 4000 -> `1 h 6 min`; the two largest units. */
export function spanText(seconds: number): string {
  if (Math.abs(seconds) < 60) return `${seconds.toFixed(1)} s`;
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return `${sign}${parts
    .slice(first, first + 2)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')}`;
}
