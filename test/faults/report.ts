import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Machine, machine } from '../../bench/machine.ts';
import type { SoakSample } from './soak.ts';
import type { Outcome } from './suite.ts';

/** What is kept of a run of the whole suite, in test/faults/reports. */
export interface Report {
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly seconds: number;
  readonly seed: number;
  readonly machine: Machine;
  readonly outcomes: readonly Outcome[];
}

const folder = fileURLToPath(new URL('./reports', import.meta.url));
export const page = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));

export async function writeReport(report: Omit<Report, 'machine'>): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = report.takenAt.slice(0, 19).replaceAll(':', '-');
  const file = join(folder, `${name}.json`);
  await writeFile(file, `${JSON.stringify({ ...report, machine: await machine() }, undefined, 2)}\n`);
  return file;
}

/** The committed reports, the oldest first. */
export async function readReports(): Promise<Report[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Report),
  );
}

/** Nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? Number.NaN;
}

const recoveries = ({ outcomes }: Report): number[] =>
  outcomes.flatMap(({ recoverySeconds }) => recoverySeconds);

/** One line of the terminal. */
export function lineOf({
  name,
  injections,
  records,
  verdict,
  recoverySeconds,
  seconds,
  faults,
}: Outcome): string {
  const { lost, duplicated, altered } = verdict ?? { lost: '?', duplicated: '?', altered: '?' };
  const parts = [
    `${records.toLocaleString('en-US').padStart(7)} records`,
    `${injections.toLocaleString('en-US')} injections`,
    `lost ${lost}, duplicated ${duplicated}, altered ${altered}`,
    ...(recoverySeconds.length === 0 ? [] : [`back after ${recoverySeconds.join(', ')} s`]),
    `${seconds.toFixed(1)} s`,
  ];
  const head = `${faults.length === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(30)} ${parts.join(' | ')}`;
  return [head, ...faults.map((fault) => `         ${fault}`)].join('\n');
}

/** The tables of docs/reliability.md, of the newest report, with a line for each report that is kept. */
export function tables(reports: readonly Report[]): string {
  const newest = reports.at(-1);
  if (newest === undefined) return '';
  const rows = newest.outcomes.map(({ name, fault, injections, records, verdict, recoverySeconds }) =>
    [
      `\`${name}\``,
      fault,
      injections.toLocaleString('en-US'),
      records.toLocaleString('en-US'),
      verdict?.lost ?? '',
      verdict?.duplicated ?? '',
      verdict === null ? '' : verdict.altered + verdict.unfounded,
      recoverySeconds.length === 0 ? '' : recoverySeconds.map((seconds) => `${seconds} s`).join(', '),
    ].join(' | '),
  );
  const runs = reports.map((report) => {
    const back = recoveries(report);
    const passed = report.outcomes.filter(({ faults }) => faults.length === 0).length;
    return [
      report.takenAt.slice(0, 16).replace('T', ' '),
      report.seed,
      `${passed} of ${report.outcomes.length}`,
      report.outcomes.reduce((sum, { records }) => sum + records, 0).toLocaleString('en-US'),
      back.length,
      `${percentile(back, 50)} s`,
      `${percentile(back, 95)} s`,
      `${(report.seconds / 60).toFixed(1)} min`,
    ].join(' | ');
  });
  const { cores, cpu, memoryGiB, platform, node, java, python } = newest.machine;
  return [
    '| run (UTC) | seed | passed | records | kills | back after, median | 95th percentile | took |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...runs.map((row) => `| ${row} |`),
    '',
    `\`${newest.command}\`, on ${cores} cores of ${cpu}, ${memoryGiB} GiB, ${platform}; Node.js ${node}, Java ${java}, Python ${python}.`,
    '',
    'The last of them:',
    '',
    '| scenario | what is done | injections | records | lost | duplicated | wrong | back after |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

/** What is kept of the last soak, in test/faults/soak.json. */
export interface SoakReport {
  readonly takenAt: string;
  readonly seconds: number;
  readonly seed: number;
  readonly events: number;
  readonly samples: readonly SoakSample[];
}

const soakFile = fileURLToPath(new URL('./soak.json', import.meta.url));

export async function writeSoak(report: SoakReport): Promise<void> {
  await writeFile(soakFile, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(page, withTables(await readFile(page, 'utf8'), soakTable(report), 'soak'));
}

/** Undefined where none was taken. */
export async function readSoak(): Promise<SoakReport | undefined> {
  const text = await readFile(soakFile, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as SoakReport);
}

export function soakTable({ takenAt, seconds, events, samples }: SoakReport): string {
  const rows = samples.map((one, day) =>
    [
      day + 1,
      one.records.toLocaleString('en-US'),
      one.driverMiB.toLocaleString('en-US'),
      one.landingMiB,
      one.stateObjects,
      one.checkpointObjects,
      one.silverObjects,
      one.bronzeObjects,
    ].join(' | '),
  );
  return [
    '| event-day | records so far | driver, MiB | landing, MiB | state store, objects | checkpoint, objects | silver, files | bronze, files |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    `\`npm run faults -- soak\`, ${takenAt.slice(0, 10)}, ${events.toLocaleString('en-US')} events in ${(seconds / 60).toFixed(1)} min.`,
  ].join('\n');
}

/** The page with what stands between the markers of a part replaced. */
export function withTables(text: string, filling: string, part: 'faults' | 'soak' = 'faults'): string {
  const [begin, end] = [`<!-- ${part} -->`, `<!-- /${part} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${filling}\n${text.slice(to)}`;
}
