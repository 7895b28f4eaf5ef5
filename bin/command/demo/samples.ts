import type { Bounds } from '../../../lambdas/audit/scope.ts';
import { type Standing, silverBounds } from '../../../lambdas/audit/standing.ts';

/** How many records each part had taken, some seconds after the first was produced. */
export interface Sample {
  readonly seconds: number;
  readonly produced: number;
  readonly landed: number;
  readonly silver: number;
}

function total(bounds: Bounds): number {
  return [...bounds.values()].reduce((sum, bound) => sum + bound, 0);
}

/** A sample of a topic whose offsets begin at 0. */
export function sampleOf(seconds: number, produced: number, { landed, progress }: Standing): Sample {
  return { seconds, produced, landed: total(landed), silver: total(silverBounds(progress)) };
}

/** Seconds until a part had taken `count`; undefined if it never had. */
export function reachedAfter(
  samples: readonly Sample[],
  part: 'produced' | 'landed' | 'silver',
  count: number,
): number | undefined {
  return samples.find((sample) => sample[part] >= count)?.seconds;
}

/** The first sample in which a part had taken anything, or the very first. */
export function startedAfter(samples: readonly Sample[], part: 'produced' | 'landed' | 'silver'): number {
  const at = samples.findIndex((sample) => sample[part] > 0);
  return samples[Math.max(0, at - 1)]?.seconds ?? 0;
}
