import type { JobPlan } from './plan.ts';
import { type Refusal, refusalOf } from './refusals.ts';
import type { Run } from './run.ts';

const MINUTE = 60_000;
/** A run that lived for so long, and did its work, had started well: what failed before it counts no more. */
export const HEALTHY_MS = 10 * MINUTE;
/** How long a run of another release may take for the batch that it is in. */
export const DRAIN_MS = 10 * MINUTE;
/** Restarts without a pause: the first after a failure may fail of what the failure left behind (SPARK-57438). */
export const RESTARTS_AT_ONCE = 2;
export const LONGEST_PAUSE_MS = 60 * MINUTE;

/** Runs that must be known, at most: from as many failures on, the pause is the longest. */
export const RUNS_LOOKED_AT = RESTARTS_AT_ONCE + 1 + Math.ceil(Math.log2(LONGEST_PAUSE_MS / MINUTE));

export type Decision = (
  | { readonly act: 'leave'; readonly why: 'runs' | 'stops' | 'drains' }
  /** Not before `untilMs`. */
  | { readonly act: 'leave'; readonly why: 'backs off' | 'pauses'; readonly untilMs: number }
  | { readonly act: 'stop'; readonly runs: readonly string[] }
  | { readonly act: 'start' }
) & {
  /** Failures since a run that lived well, of the wanted release. */
  readonly failures: number;
  /** True where the job does not do what it is there for. */
  readonly down: boolean;
  /** What no restart mends. */
  readonly refusal: Refusal | undefined;
};

type Asked = Pick<JobPlan, 'dataset' | 'keep' | 'pauseSeconds' | 'release'>;

/** The newest runs that ended, as long as they are of the wanted release: an upgrade does not wait for what failed before it. */
function endedOf({ release }: Asked, runs: readonly Run[]): Run[] {
  const ended = runs.filter(({ phase }) => phase === 'ended');
  const other = ended.findIndex((run) => run.release !== undefined && run.release !== release);
  return other < 0 ? ended : ended.slice(0, other);
}

/** Time in a queue, and attempts that the runtime repeated, are no good life. */
function livedWell(run: Run, { progressMs }: Known, nowMs: number): boolean {
  const sinceMs = run.attemptMs ?? run.startedMs;
  const worked = progressMs === undefined || progressMs > sinceMs;
  return worked && (run.endedMs ?? nowMs) - sinceMs >= HEALTHY_MS;
}

/** @param ended newest first */
function failuresOf(ended: readonly Run[], known: Known, nowMs: number): number {
  const last = ended.findIndex((run) => !run.failed || livedWell(run, known, nowMs));
  return last < 0 ? ended.length : last;
}

/** Pause after so many failures in a row. */
export function pauseMs(failures: number): number {
  const doubled = failures - RESTARTS_AT_ONCE - 1;
  return doubled < 0 ? 0 : Math.min(MINUTE * 2 ** doubled, LONGEST_PAUSE_MS);
}

/** What else a decision looks at, in milliseconds. */
export interface Known {
  /** Since when the plan's release is wanted. */
  readonly askedMs: number;
  /** When the stream's progress was last written; a repair writes it too. Undefined: it is not known. */
  readonly progressMs?: number | undefined;
}

/** Whether a run that lives must make room. One that somebody started since, without saying its release, need not. */
function isOther({ release, startedMs }: Run, plan: Asked, { askedMs }: Known): boolean {
  return release === undefined ? startedMs < askedMs : release !== plan.release;
}

/**
 * What is to be done for a job now.
 * @param runs newest first
 */
export function decide(plan: Asked, runs: readonly Run[], known: Known, nowMs: number): Decision {
  const live = runs.filter(({ phase }) => phase !== 'ended');
  const [newest] = live;
  const ended = endedOf(plan, runs);
  const [last] = ended;
  const refused = last?.failed === true ? refusalOf(last.error, plan.dataset) : undefined;
  const mended =
    refused !== undefined && last?.endedMs !== undefined && (known.progressMs ?? 0) > last.endedMs;
  // What failed before a repair says nothing of what comes after it.
  const failures = mended ? 0 : failuresOf(ended, known, nowMs);
  const refusal = mended ? undefined : refused;
  const found = { failures, refusal };

  if (plan.keep === 'once')
    return newest === undefined
      ? { act: 'start', down: false, ...found }
      : { act: 'leave', why: 'runs', down: false, ...found };

  if (newest !== undefined) {
    // One that is started again and again, and never gets anywhere, runs at most looks.
    const down = failures > RESTARTS_AT_ONCE && !livedWell(newest, known, nowMs);
    const others = live.filter((run) => isOther(run, plan, known));
    const late = others.filter(
      (run) => run.phase === 'live' && nowMs > Math.max(known.askedMs, run.startedMs) + DRAIN_MS,
    );
    if (late.length > 0) return { act: 'stop', runs: late.map(({ id }) => id), down, ...found };
    const why = others.length > 0 ? 'drains' : newest.phase === 'stopping' ? 'stops' : 'runs';
    return { act: 'leave', why, down, ...found };
  }

  if (last?.failed === true) {
    const pause = refusal === undefined ? pauseMs(failures) : LONGEST_PAUSE_MS;
    const untilMs = (last.endedMs ?? nowMs) + pause;
    return nowMs < untilMs
      ? { act: 'leave', why: 'backs off', untilMs, down: true, ...found }
      : { act: 'start', down: true, ...found };
  }
  const untilMs = last === undefined ? nowMs : last.startedMs + plan.pauseSeconds * 1_000;
  if (nowMs < untilMs) return { act: 'leave', why: 'pauses', untilMs, down: false, ...found };
  return { act: 'start', down: plan.pauseSeconds === 0 || last === undefined, ...found };
}
