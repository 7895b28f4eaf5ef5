import type { Lag } from '../lag.ts';

/** Records a second, between two looks. */
export interface Rates {
  readonly overSeconds: number;
  readonly produced: number;
  readonly landed: number;
  readonly silver: number;
}

/** A look at all partitions at one moment. */
export interface Counted {
  readonly atMs: number;
  readonly lag: readonly Lag[];
}

/** How fast each part of a dataset moved from one look to the next. */
export function ratesOf(dataset: string, before: Counted, after: Counted): Rates {
  const overSeconds = Math.max(0.001, (after.atMs - before.atMs) / 1000);
  const sum = ({ lag }: Counted, part: 'end' | 'landed' | 'silver') =>
    lag.filter((one) => one.dataset === dataset).reduce((total, one) => total + one[part], 0);
  const rate = (part: 'end' | 'landed' | 'silver') =>
    Math.max(0, (sum(after, part) - sum(before, part)) / overSeconds);
  return { overSeconds, produced: rate('end'), landed: rate('landed'), silver: rate('silver') };
}
