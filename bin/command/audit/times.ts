import type { Times } from '../../../lambdas/audit/scope.ts';
import { MillraceError } from '../../../lib/errors.ts';

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** To the minute at least, and with a zone. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * The times that `--from` and `--to` name; undefined where neither is given.
 * @throws MillraceError MR605 (neither a day nor an instant), MR606 (`from` is not before `to`)
 */
export function timesOf(from: string | undefined, to: string | undefined): Times | undefined {
  if (from === undefined && to === undefined) return undefined;
  const times = {
    ...(from === undefined ? {} : { from: instant('--from', from, 0) }),
    ...(to === undefined ? {} : { to: instant('--to', to, DAY_MS) }),
  };
  if (times.from !== undefined && times.to !== undefined && times.from >= times.to) {
    throw new MillraceError('MR606', 'the range is empty: --from is not before --to', {
      where: `${times.from} to ${times.to}`,
      mend: 'name an earlier --from or a later --to; a day as --to means its end',
    });
  }
  return times;
}

/** @param addedMs what a day means beside its begin */
function instant(option: string, text: string, addedMs: number): string {
  const ms = Date.parse(text);
  // Date.parse takes 2026-02-30 for March 2: what was asked for must come back.
  const real = !Number.isNaN(ms) && isRealDay(text.slice(0, 10));
  if (real && DAY.test(text)) return new Date(ms + addedMs).toISOString();
  if (real && INSTANT.test(text)) return new Date(ms).toISOString();
  throw new MillraceError('MR605', `${option}: ${JSON.stringify(text)} is neither a day nor an instant`, {
    where: 'millrace audit',
    mend: 'write a UTC day (2026-11-01) or an instant of ISO 8601 with its zone (2026-11-01T08:30:00Z)',
  });
}

function isRealDay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
