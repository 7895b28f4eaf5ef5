import type { OpenBreach } from './lake-state.ts';

/** Each run audits all of them again. */
export const MOST_OPEN = 8;

/** The same times as few ranges, in order: those that touch as one, and at most `most`, the nearest as one. */
export function coalesced(ranges: readonly OpenBreach[], most = MOST_OPEN): OpenBreach[] {
  const result: OpenBreach[] = [];
  for (const range of [...ranges].sort((a, b) => a.from.localeCompare(b.from))) {
    const before = result.at(-1);
    if (before !== undefined && range.from <= before.to) result[result.length - 1] = joined(before, range);
    else result.push(range);
  }
  while (result.length > most) {
    const gaps = result.slice(1).map(({ from }, at) => Date.parse(from) - Date.parse(result[at]?.to ?? from));
    const at = gaps.indexOf(Math.min(...gaps));
    const [one, other] = result.slice(at, at + 2) as [OpenBreach, OpenBreach];
    result.splice(at, 2, joined(one, other));
  }
  return result;
}

function joined({ from, to }: OpenBreach, other: OpenBreach): OpenBreach {
  return { from, to: to > other.to ? to : other.to };
}
