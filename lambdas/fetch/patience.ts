import { MillraceError } from '../../lib/errors.ts';

/** A fault that may pass: the request is tried again. */
export class Passing extends Error {
  /** How long the API asks to be left alone, in milliseconds. */
  readonly waitMs: number | undefined;

  constructor(what: string, waitMs?: number) {
    super(what);
    this.name = 'Passing';
    this.waitMs = waitMs;
  }
}

export interface Patience {
  /** Times after the first. */
  readonly retries: number;
  /** Mean pause before the first retry; each further one is twice as long, up to `mostMs`. */
  readonly baseMs: number;
  readonly mostMs: number;
  /** Epoch milliseconds at which the poll must have its answers. */
  readonly deadlineMs: number;
  nowMs(): number;
  /** 0 to 1. */
  random(): number;
  sleep(ms: number): Promise<void>;
}

/** Pause before retry `count`, from 0: half of it certain, half drawn, so that clients do not come back in step. */
export function pauseMs({ baseMs, mostMs, random }: Patience, count: number): number {
  const most = Math.min(mostMs, baseMs * 2 ** count);
  return most * (0.5 + random());
}

/**
 * Does a task until it succeeds, fails for good, or time or retries are used up.
 * @param task gets the time that is left, in milliseconds; throws Passing for a fault that may pass
 * @param place what is asked, without its secret
 * @throws MillraceError MR891
 */
export async function patiently<T>(
  patience: Patience,
  place: string,
  task: (leftMs: number) => Promise<T>,
  retried: (fault: Passing, waitMs: number) => void = () => undefined,
): Promise<T> {
  const { retries, deadlineMs, nowMs, sleep } = patience;
  for (let count = 0; ; count += 1) {
    try {
      return await task(Math.max(1, deadlineMs - nowMs()));
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      const waitMs = Math.max(error.waitMs ?? 0, pauseMs(patience, count));
      if (count >= retries) throw unanswered(place, `${error.message}; asked ${count + 1} times`);
      if (nowMs() + waitMs >= deadlineMs) {
        const seconds = Math.ceil(waitMs / 1000);
        throw unanswered(
          place,
          `${error.message}; a pause of ${seconds} s is due, and this poll has no time left`,
        );
      }
      retried(error, waitMs);
      await sleep(waitMs);
    }
  }
}

function unanswered(place: string, why: string): MillraceError {
  return new MillraceError('MR891', `the API gave no usable answer: ${why}`, {
    where: place,
    mend: 'nothing was sent and the next poll begins anew; if it lasts, ask the API by hand, or poll less often',
  });
}
