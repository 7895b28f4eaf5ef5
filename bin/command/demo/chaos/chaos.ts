import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../../../lib/errors.ts';
import { killProcess, livingProcess } from './kill.ts';
import { HELD_FROM, type Look, TARGETS, type Target } from './targets.ts';

/** What became of one part. */
export interface Kill {
  readonly part: string;
  readonly point: string;
  /** Of the killed process, and of the one in its place. */
  readonly pid: number;
  readonly newPid: number;
  /** How far everything was. */
  readonly at: Look;
  /** From the kill until the part was seen to work again. */
  readonly backAfterSeconds: number;
}

export interface ChaosOptions {
  readonly stage: string;
  readonly dataset: string;
  readonly events: number;
  /** Folder of the process records. */
  readonly records: string;
  /** Undefined while it cannot be told, such as while the broker is away. */
  readonly look: () => Promise<Look | undefined>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Kills every target once while a demo runs. */
export interface Chaos {
  /** Holds production back before its last part, until each target is killed. */
  hold(taken: number): Promise<void> | undefined;
  /** Resolves when each works again. @throws MillraceError MR515: one was not killed, or did not come back */
  end(): Promise<readonly Kill[]>;
}

const LOOK_EVERY_MS = 100;
const PATIENCE_MS = 300_000;

export function startChaos(options: ChaosOptions): Chaos {
  const killed = TARGETS.map(() => Promise.withResolvers<void>());
  const kills = TARGETS.map((target, index) =>
    killOnce(target, options, () => killed[index]?.resolve()).catch((error: unknown) => {
      killed[index]?.reject(error);
      throw error;
    }),
  );
  const all = Promise.all(killed.map(({ promise }) => promise)).then(() => undefined);
  // Both are met again: by who produces, and by `end`.
  for (const promise of [all, ...kills]) promise.catch(() => undefined);
  const heldFrom = Math.floor(HELD_FROM * options.events);
  return {
    hold: (taken) => (taken === heldFrom ? all : undefined),
    end: () => Promise.all(kills),
  };
}

async function killOnce(target: Target, options: ChaosOptions, killed: () => void): Promise<Kill> {
  const { stage, dataset, records, events, say } = options;
  const { part, point } = target;
  const name = target.record(stage, dataset);
  const at = await until(options, `${part} was never killed: ${point}`, (look) =>
    target.due(look, (count) => count / events) ? look : undefined,
  );
  const victim = await until(options, `${part} is not running`, () => livingProcess(records, name));
  const killedMs = performance.now();
  await killProcess(victim);
  say(`chaos: killed the ${part} (process ${victim.pid}): ${point}`);
  killed();
  const heir = await until(options, `the ${part} did not come back`, async (look) => {
    const living = await livingProcess(records, name);
    return target.come(look) > target.come(at) && living?.pid !== victim.pid ? living : undefined;
  });
  const backAfterSeconds = Math.round((performance.now() - killedMs) / 100) / 10;
  say(`chaos: the ${part} works again after ${backAfterSeconds} s (process ${heir.pid})`);
  return { part, point, pid: victim.pid, newPid: heir.pid, at, backAfterSeconds };
}

/** The first look that gives something. @throws MillraceError MR515 when patience is out, the signal's reason at once */
async function until<T>(
  { look, signal }: ChaosOptions,
  failure: string,
  found: (look: Look) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(LOOK_EVERY_MS)) {
    signal.throwIfAborted();
    const seen = await look();
    const result = seen === undefined ? undefined : await found(seen);
    if (result !== undefined) return result;
  }
  throw new MillraceError('MR515', failure, {
    where: 'the demo with --chaos',
    mend: 'run `npm run demo -- --chaos --keep` and look into the logs of the folder that it names',
  });
}
