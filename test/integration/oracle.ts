/**
 * What the gold tables of iot must hold, computed from the simulator's own messages in plain TypeScript: validity by the
 * zod schema, first wins by order of sending, the percentile by sorting. It shares nothing with judge, Spark or SQL.
 */
import { breaches } from '../../lambdas/simulate/breach.ts';
import { simulatorOf } from '../../lambdas/simulate/choice.ts';
import { finitePlan } from '../../lambdas/simulate/plan.ts';
import { run } from '../../lambdas/simulate/run.ts';
import { dataset } from '../../lib/datasets/iot.ts';

export interface P95Row {
  readonly device_type: string;
  readonly date: string;
  readonly p95_duration: number;
  readonly total_events: number;
  readonly distinct_events: number;
  readonly outliers: number;
  readonly avg_duration: number;
}

/** A distinct valid event, as far as gold looks at it. */
export interface GoldEvent {
  readonly id: string;
  readonly type: string;
  readonly day: string;
  readonly minute: string;
  readonly duration: number;
  readonly value: number;
}

interface Production {
  readonly seed: number;
  readonly events: number;
  readonly startedAt: string;
  readonly partitions: number;
}

const FUTURE_MS = 300_000;
const RETENTION_MS = 400 * 86_400_000;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the messages those that must become rows of silver: valid, in time, the first of their event_id. */
async function firstEvents({ seed, events, startedAt, partitions }: Production) {
  const { manifest, event } = dataset;
  const nowMs = Date.parse(startedAt);
  const plan = finitePlan({ seed, events, nowMs, partitions, kinds: breaches(manifest).length });
  const first = new Map<string, GoldEvent>();
  for (const { value } of run(manifest, await simulatorOf(manifest, seed), plan).messages) {
    let raw: unknown;
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value ?? Buffer.of());
      // The one bound that the schema cannot say: how deep a value may be nested.
      if ((text.match(/[[{]/g)?.length ?? 0) > 64) continue;
      raw = JSON.parse(text);
    } catch {
      continue;
    }
    const parsed = event.safeParse(raw);
    if (!parsed.success) continue;
    const data = parsed.data as Record<'event_id' | 'device_type' | 'timestamp', string> & {
      event_duration: number;
      value: number;
    };
    const atMs = Date.parse(data.timestamp);
    if (atMs > nowMs + FUTURE_MS || atMs < nowMs - RETENTION_MS || first.has(data.event_id)) continue;
    first.set(data.event_id, {
      id: data.event_id,
      type: data.device_type,
      day: data.timestamp.slice(0, 10),
      minute: data.timestamp.slice(0, 16),
      duration: data.event_duration,
      value: data.value,
    });
  }
  return [...first.values()];
}

export interface MinuteRow {
  /** `YYYY-MM-DDTHH:MM` and the type. */
  readonly window: string;
  readonly count: number;
  readonly avg: number;
  readonly min: number;
  readonly max: number;
  readonly avgValue: number;
}

export async function minutelyOracle(production: Production): Promise<MinuteRow[]> {
  return minutelyOf(await firstEvents(production));
}

export function minutelyOf(events: readonly GoldEvent[]): MinuteRow[] {
  const groups = Map.groupBy(events, ({ type, minute }) => `${minute} ${type}`);
  const rows = [...groups].map(([window, group]) => {
    const durations = group.map(({ duration }) => duration);
    return {
      window,
      count: group.length,
      avg: mean(durations),
      min: Math.min(...durations),
      max: Math.max(...durations),
      avgValue: mean(group.map(({ value }) => value)),
    };
  });
  return rows.sort((a, b) => (a.window < b.window ? -1 : 1));
}

/** `EVENT_ID z-score IQR percentile` of each outlier, sorted. */
export async function outlierOracle(production: Production): Promise<string[]> {
  const groups = Map.groupBy(await firstEvents(production), ({ type, day }) => `${day} ${type}`);
  return [...groups.values()]
    .flatMap((group) => {
      const sorted = group.map(({ duration }) => duration).sort((a, b) => a - b);
      const at = (percent: number) => sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? Number.NaN;
      const centre = mean(sorted);
      const sigma = Math.sqrt(
        sorted.reduce((sum, duration) => sum + (duration - centre) ** 2, 0) / Math.max(1, sorted.length - 1),
      );
      const bound = 3 * sigma + 1e-9 * Math.max(1, 3 * sigma);
      const reach = 1.5 * (at(75) - at(25));
      return group.map(({ id, duration }) => [
        id,
        sigma > 0 && Math.abs(duration - centre) > bound,
        duration < at(25) - reach || duration > at(75) + reach,
        duration < at(1) || duration > at(99),
      ]);
    })
    .filter((flags) => flags.includes(true))
    .map((flags) => flags.join(' '))
    .sort();
}

export async function p95Oracle(production: Production): Promise<P95Row[]> {
  return p95Of(await firstEvents(production));
}

export function p95Of(events: readonly GoldEvent[]): P95Row[] {
  const groups = Map.groupBy(events, ({ type, day }) => `${day} ${type}`);
  const rows = [...groups].flatMap(([name, group]) => {
    if (group.length < 500) return [];
    const durations = group.map(({ duration }) => duration).sort((a, b) => a - b);
    const centre = mean(durations);
    const sigma = Math.sqrt(
      durations.reduce((sum, duration) => sum + (duration - centre) ** 2, 0) / (durations.length - 1),
    );
    const bound = 3 * sigma + 1e-9 * Math.max(1, 3 * sigma);
    const kept = durations.filter((duration) => sigma === 0 || Math.abs(duration - centre) <= bound);
    const rank = Math.floor((95 * kept.length + 99) / 100);
    const [date = '', type = ''] = name.split(' ');
    return [
      {
        device_type: type,
        date,
        p95_duration: kept[rank - 1] ?? Number.NaN,
        total_events: kept.length,
        distinct_events: durations.length,
        outliers: durations.length - kept.length,
        avg_duration: mean(kept),
      },
    ];
  });
  return rows.sort((a, b) => (a.date + a.device_type < b.date + b.device_type ? -1 : 1));
}
