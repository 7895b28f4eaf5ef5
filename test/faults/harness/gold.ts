import { chosenJob, jobsOf } from '../../../bin/command/run/job-name.ts';
import { runJob } from '../../../bin/command/run/job-run.ts';
import { type GoldEvent, minutelyOf, p95Of } from '../../integration/oracle.ts';
import type { Lab } from './lab.ts';
import { readTable } from './lake.ts';
import type { Expected } from './oracle.ts';

/** Runs a batch job of the dataset to its end. @throws Error where it fails */
export async function runBatch(
  lab: Lab,
  kind: string,
  args: Readonly<Record<string, string>> = {},
): Promise<void> {
  const jobs = await jobsOf(lab.place.jobs, lab.place.stage);
  const { name } = chosenJob(jobs, kind, lab.dataset.name);
  const { run } = await runJob({ glue: lab.place.jobs, jobName: name, arguments: args });
  if (run.JobRunState !== 'SUCCEEDED')
    throw new Error(`${name}: ${run.JobRunState} ${run.ErrorMessage ?? ''}`);
}

function eventsOf({ rows, columns }: Expected): GoldEvent[] {
  const place = (name: string) => columns.indexOf(name);
  const [id, type, time, duration, value] = [
    'event_id',
    'device_type',
    'timestamp',
    'event_duration',
    'value',
  ].map(place);
  return [...rows.values()].map(({ content }) => {
    const iso = new Date(content[time ?? 0] as number).toISOString();
    return {
      id: content[id ?? 0] as string,
      type: content[type ?? 0] as string,
      day: iso.slice(0, 10),
      minute: iso.slice(0, 16),
      duration: content[duration ?? 0] as number,
      value: content[value ?? 0] as number,
    };
  });
}

const near = (one: unknown, other: number): boolean =>
  Math.abs(Number(one) - other) <= 1e-9 * Math.max(1, Math.abs(other));

/** What of gold differs from a plain recomputation over the expected rows of silver, in words. */
export async function goldFaults(lab: Lab, expected: Expected): Promise<string[]> {
  await runBatch(lab, 'sweep');
  await runBatch(lab, 'gold');
  const events = eventsOf(expected);
  const p95 = new Map(p95Of(events).map((row) => [`${row.date} ${row.device_type}`, row]));
  const minutes = new Map(minutelyOf(events).map((row) => [row.window, row]));
  const faults: string[] = [];
  const foundP95 = await readTable(lab.source, 'iot_p95_daily', [
    'date',
    'device_type',
    'p95_duration',
    'total_events',
    'distinct_events',
    'outliers',
    'avg_duration',
  ]);
  for (const [date, type, p95Duration, total, distinct, outliers, avg] of foundP95) {
    const row = p95.get(`${date} ${type}`);
    const same =
      row !== undefined &&
      [p95Duration, total, distinct, outliers].join() ===
        [row.p95_duration, row.total_events, row.distinct_events, row.outliers].join() &&
      near(avg, row.avg_duration);
    if (!same)
      faults.push(
        `iot_p95_daily of ${date} ${type}: ${p95Duration}, ${total} events; wanted ${JSON.stringify(row)}`,
      );
  }
  if (foundP95.length !== p95.size)
    faults.push(`iot_p95_daily has ${foundP95.length} rows, wanted ${p95.size}`);
  const foundMinutes = await readTable(lab.source, 'iot_minutely', [
    'window_start',
    'device_type',
    'event_count',
    'avg_duration',
    'min_duration',
    'max_duration',
    'avg_value',
  ]);
  for (const [start, type, count, avg, min, max, avgValue] of foundMinutes) {
    const label = `${new Date(start as number).toISOString().slice(0, 16)} ${type}`;
    const row = minutes.get(label);
    const same =
      row !== undefined &&
      [count, min, max].join() === [row.count, row.min, row.max].join() &&
      near(avg, row.avg) &&
      near(avgValue, row.avgValue);
    if (!same) faults.push(`iot_minutely of ${label}: ${count} events; wanted ${JSON.stringify(row)}`);
  }
  if (foundMinutes.length !== minutes.size)
    faults.push(`iot_minutely has ${foundMinutes.length} rows, wanted ${minutes.size}`);
  return faults.slice(0, 5);
}
