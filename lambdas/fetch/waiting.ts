import type { IncomingHttpHeaders } from 'node:http';

/** Instants after 2001 in seconds, and in milliseconds: a limit's reset is given as either, or as seconds from now. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;

const one = (value: string | string[] | undefined): string | undefined =>
  (Array.isArray(value) ? value[0] : value)?.trim();

/** Milliseconds of `Retry-After`, which is seconds or an HTTP date. */
function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function resetMs(text: string | undefined, nowMs: number): number | undefined {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0) return undefined;
  if (value >= EPOCH_MS) return Math.max(0, value - nowMs);
  if (value >= EPOCH_SECONDS) return Math.max(0, value * 1000 - nowMs);
  return value * 1000;
}

/** Until a used-up rate limit is full again, in milliseconds; undefined: it is not used up, or nothing is said of it. */
export function limitWaitMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  for (const name of ['ratelimit', 'x-ratelimit']) {
    if (one(headers[`${name}-remaining`]) !== '0') continue;
    const wait = resetMs(one(headers[`${name}-reset`]), nowMs);
    if (wait !== undefined) return wait;
  }
  return undefined;
}

/** How long an answer asks to be left alone, in milliseconds; undefined: it does not say. */
export function askedWaitMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  return retryAfterMs(one(headers['retry-after']), nowMs) ?? limitWaitMs(headers, nowMs);
}
