import { setTimeout as sleep } from 'node:timers/promises';
import { killProcess, livingProcess } from '../../../bin/command/demo/chaos/kill.ts';
import { standingIfTold } from '../../../bin/command/demo/chaos/look.ts';
import { standingOf } from '../../../lambdas/audit/dataset-audit.ts';
import { lagOf, type Standing, silverBounds } from '../../../lambdas/audit/standing.ts';
import type { Lab } from './lab.ts';
import type { FaultProxy, Trap, TrapOptions } from './proxy.ts';

const PATIENCE_MS = 240_000;

/** Looks until something is found. @throws Error naming what was waited for */
export async function until<T>(
  what: string | (() => string),
  look: () => T | undefined | Promise<T | undefined>,
  patienceMs = PATIENCE_MS,
  everyMs = 100,
): Promise<T> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(everyMs)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`waited ${patienceMs / 1000} s in vain: ${typeof what === 'string' ? what : what()}`);
}

export type Part = 'broker' | 'landing' | 'driver';

const RECORDS: Readonly<Record<Part, (lab: Lab) => string>> = {
  broker: () => 'kafka',
  landing: ({ names }) => `function-${names.landing}`,
  driver: ({ names }) => `spark-${names.silver}`,
};

const total = (bounds: ReadonlyMap<number, number>): number =>
  [...bounds.values()].reduce((sum, one) => sum + one, 0);

/** Grows while the part works. */
const WORK: Readonly<Record<Part, (standing: Standing) => number>> = {
  broker: ({ landed }) => total(landed),
  landing: ({ landed }) => total(landed),
  driver: ({ progress }) => total(silverBounds(progress)),
};

export async function pidOf(lab: Lab, part: Part): Promise<number> {
  const name = RECORDS[part](lab);
  return (await until(`${part} runs`, () => livingProcess(lab.processes, name))).pid;
}

/** The moment of a fault, and how far the part was. */
export interface Struck {
  readonly atMs: number;
  readonly work: number;
}

/** SIGKILL to a part's process and its group; resolves when it is gone. */
export async function kill(lab: Lab, part: Part): Promise<Struck> {
  const name = RECORDS[part](lab);
  const victim = await until(`${part} runs`, () => livingProcess(lab.processes, name));
  const work = await workOf(lab, part);
  const atMs = performance.now();
  await killProcess(victim);
  return { atMs, work };
}

export interface Point {
  readonly proxy: FaultProxy;
  readonly when: TrapOptions['when'];
  /** True: the service never hears of the request. @default false: it has done it, and the part does not know */
  readonly unheard?: boolean;
}

/** Kills a part at a request of its own, once. Rejects where none comes, or the part cannot be killed. */
export function killAt(lab: Lab, part: Part, { proxy, when, unheard = false }: Point): Promise<Struck> {
  const struck = Promise.withResolvers<Struck>();
  const strike = () => kill(lab, part).then(struck.resolve, struck.reject);
  const trap = proxy.set({
    when,
    times: 1,
    deed: unheard ? { before: strike, cut: 'before' } : { after: strike },
  });
  const none = new Error(`no request came at which the ${part} was to be killed`);
  const timer = setTimeout(() => struck.reject(none), PATIENCE_MS);
  const end = (): void => {
    clearTimeout(timer);
    trap.remove();
  };
  struck.promise.then(end, end);
  return struck.promise;
}

/** Resolves when a trap has caught so many requests. */
export async function caught(trap: Trap, times: number): Promise<void> {
  await until(
    () => `a trap catches ${times} requests, it has ${trap.hits}`,
    () => (trap.hits >= times ? true : undefined),
  );
}

/** How far everything is; waits for a broker that is away. */
export function standing(lab: Lab): Promise<Standing> {
  return until('the broker answers', () => standingIfTold(lab.audit));
}

/** Resolves once a part has done more than it had at the kill. @returns the seconds since it was struck */
export async function returned(lab: Lab, part: Part, { atMs, work }: Struck): Promise<number> {
  await until(`${part} works again`, async () => {
    const now = await standingIfTold(lab.audit);
    return now !== undefined && WORK[part](now) > work ? true : undefined;
  });
  return Math.round((performance.now() - atMs) / 100) / 10;
}

export const workOf = async (lab: Lab, part: Part): Promise<number> => WORK[part](await standing(lab));

/** Resolves when landing and silver are at the topic's ends of now. */
export async function settled(lab: Lab, patienceMs = PATIENCE_MS): Promise<Standing> {
  const ends = await lab.witness.ends();
  let last = '';
  return until(
    () => `everything is through (${last})`,
    async () => {
      const now = await standingOf(lab.audit, ends).catch((error: unknown) => {
        last = String(error);
      });
      if (now === undefined) return undefined;
      const lags = [lagOf(ends, now.landed), lagOf(ends, silverBounds(now.progress))];
      last = `landing ${lags[0]}, silver ${lags[1]} behind`;
      return lags.every((lag) => lag === 0) ? now : undefined;
    },
    patienceMs,
    200,
  );
}
