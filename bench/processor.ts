/**
 * Processor time of processes, from Linux' /proc: it stays true while other programs load the machine, which seconds
 * by the clock do not. Elsewhere there is none.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux' user space, on every architecture. */
const TICKS_A_SECOND = 100;
const SAMPLE_EVERY_MS = 200;

interface Times {
  readonly parent: number;
  /** Of the process and of its children that have ended. */
  readonly seconds: number;
}

/** From `/proc/PID/stat`; the name may hold spaces and brackets, so the fields are counted from its last bracket. */
export function timesOf(stat: string): Times {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return { parent: Number(fields[1]), seconds: ticks / TICKS_A_SECOND };
}

function allTimes(): Map<number, Times> {
  const found = new Map<number, Times>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      found.set(Number(name), timesOf(readFileSync(`/proc/${name}/stat`, 'utf8')));
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/** Seconds that a process and all below it have taken so far; undefined where the system does not tell. */
export function treeSeconds(root: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const all = allTimes();
  const below = Map.groupBy(all.keys(), (pid) => all.get(pid)?.parent ?? 0);
  const sum = (pid: number): number =>
    (below.get(pid) ?? []).reduce((total, child) => total + sum(child), all.get(pid)?.seconds ?? 0);
  return all.has(root) ? sum(root) : undefined;
}

interface Sample {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly seconds: number;
}

/** Processor seconds of a process tree over time. */
export interface ProcessorMeter {
  /** Seconds it had taken at a moment (epoch milliseconds); undefined where the system does not tell. */
  at(ms: number): number | undefined;
  stop(): void;
}

export function meterOf(root: number): ProcessorMeter {
  const samples: Sample[] = [];
  const take = (): void => {
    const seconds = treeSeconds(root);
    // At the end of a tree its parts vanish one by one: what it has taken never becomes less.
    if (seconds !== undefined) samples.push({ atMs: Date.now(), seconds: Math.max(seconds, last(samples)) });
  };
  take();
  const timer = setInterval(take, SAMPLE_EVERY_MS);
  return {
    at: (ms) => (samples.length === 0 ? undefined : last(samples.filter(({ atMs }) => atMs <= ms))),
    stop: () => clearInterval(timer),
  };
}

function last(samples: readonly Sample[]): number {
  return samples.at(-1)?.seconds ?? 0;
}
