import type { Random } from './random.ts';

/**
 * Spreads a share evenly and yet at random: the run is cut into strata of 1/rate events, and each stratum has one
 * hit at a random place. So `rate * N` hits come of N events, to within one.
 */
export interface Cadence {
  /** True where the next event is a hit. Call once for each event. */
  hit(): boolean;
}

export function cadence(rate: number, random: Random): Cadence {
  if (rate <= 0) return { hit: () => false };
  // A rounding error must not push the last hit out of the run.
  const stratum = 1 / rate - 1e-9;
  let at = 0;
  let strata = 0;
  let next = Math.floor(random.unit() * stratum);
  return {
    hit() {
      const isHit = at === next;
      at += 1;
      if (isHit) {
        strata += 1;
        next = Math.max(at, Math.floor((strata + random.unit()) * stratum));
      }
      return isHit;
    },
  };
}
