import { shareText, thousands } from '../progress-line.ts';

/** Times the steps of a demo and says where it is: a line a step, with the seconds since the beginning. */
export interface Steps {
  readonly timings: Record<string, number>;
  say(line: string): void;
  /** Runs a step and notes its seconds. */
  time<T>(name: string, step: () => Promise<T>): Promise<T>;
}

export function steps(stream: NodeJS.WritableStream = process.stderr): Steps {
  const begunMs = performance.now();
  const timings: Record<string, number> = {};
  const secondsSince = (startMs: number) => Math.round((performance.now() - startMs) / 100) / 10;
  return {
    timings,
    say(line) {
      stream.write(`${`${secondsSince(begunMs).toFixed(1)} s`.padStart(8)}  ${line}\n`);
    },
    async time(name, step) {
      const startMs = performance.now();
      try {
        return await step();
      } finally {
        timings[name] = Math.round(10 * ((timings[name] ?? 0) + secondsSince(startMs))) / 10;
        timings.total = secondsSince(begunMs);
      }
    },
  };
}

/**
 * One line of how far the records are: counts, the share of the whole in silver and what is left at its speed so far,
 * and the jobs that are still waited for.
 * @param total records in all, as far as is known
 */
export function progressText(
  counts: Readonly<Record<'produced' | 'landed' | 'silver', number>>,
  total: number | null,
  seconds: number,
  missing: readonly string[],
): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${thousands(count)}`);
  const share = shareText(total === null ? null : Math.min(1, counts.silver / total), seconds);
  const waits = missing.filter((text) => text.startsWith('gold') || text.startsWith('sweep'));
  return [...parts, ...(share === '' ? [] : [share]), ...waits].join(' | ');
}
