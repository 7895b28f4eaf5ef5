import { IANAZone } from 'luxon';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No clock on Earth is, or was, further from UTC. */
const WIDEST_MS = 16 * 3_600_000;
const MOST_ZONES = 1_000;
const MOST_DAYS = 100_000;

/** An IANA time zone as far as clocks are concerned. */
export interface Zone {
  /** What its clocks are ahead of UTC at an instant, milliseconds. */
  offsetMs(instantMs: number): number;
}

/** A UTC day in a zone: its offset, and that from `changesMs` on. */
interface Day {
  readonly before: number;
  readonly changesMs: number;
  readonly after: number;
}

const zones = new Map<string, Zone | undefined>();
let daysKept = 0;

/** The zone of that IANA name; undefined: there is none. */
export function zoneNamed(name: string): Zone | undefined {
  const known = zones.get(name);
  if (known !== undefined || zones.has(name)) return known;
  // Names come from data: what is kept of them is bounded.
  if (zones.size >= MOST_ZONES || daysKept >= MOST_DAYS) {
    zones.clear();
    daysKept = 0;
  }
  const zone = IANAZone.isValidZone(name) ? remembering(IANAZone.create(name)) : undefined;
  zones.set(name, zone);
  return zone;
}

/** Asks twice for each UTC day, and more often only where the offset changes within it. */
function remembering(zone: IANAZone): Zone {
  const days = new Map<number, Day>();
  const ask = (instantMs: number) => zone.offset(instantMs) * MINUTE_MS;
  return {
    offsetMs(instantMs) {
      const number = Math.floor(instantMs / DAY_MS);
      let day = days.get(number);
      if (day === undefined) {
        if (daysKept >= MOST_DAYS) {
          daysKept -= days.size;
          days.clear();
        }
        day = dayOf(number * DAY_MS, ask);
        days.set(number, day);
        daysKept += 1;
      }
      return instantMs < day.changesMs ? day.before : day.after;
    },
  };
}

/** A zone changes its offset at most once a day; to the millisecond, since zones of old changed at odd times. */
function dayOf(beginMs: number, ask: (instantMs: number) => number): Day {
  const before = ask(beginMs);
  const after = ask(beginMs + DAY_MS);
  let same = beginMs;
  let changed = beginMs + DAY_MS;
  while (before !== after && changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (ask(middle) === before) same = middle;
    else changed = middle;
  }
  return { before, changesMs: changed, after };
}

/**
 * The instant at which the clocks of a zone show a time: the earlier of two; where they skip it, as much later as they
 * were put forward.
 * @param localMs the time shown, as if it were UTC
 */
export function instantOfLocal(zone: Zone, localMs: number): number {
  const before = localMs - zone.offsetMs(localMs - WIDEST_MS);
  const after = localMs - zone.offsetMs(localMs + WIDEST_MS);
  if (before === after || shows(zone, before, localMs)) return before;
  return shows(zone, after, localMs) ? after : before;
}

/** The other instant at which the clocks show the time, after they were put back; NaN where there is but one. */
function laterOfLocal(zone: Zone, localMs: number): number {
  const before = localMs - zone.offsetMs(localMs - WIDEST_MS);
  const after = localMs - zone.offsetMs(localMs + WIDEST_MS);
  const twice = before !== after && shows(zone, before, localMs) && shows(zone, after, localMs);
  return twice ? after : Number.NaN;
}

const shows = (zone: Zone, instantMs: number, localMs: number): boolean =>
  instantMs + zone.offsetMs(instantMs) === localMs;

/** Number of the local day at an instant, counted from 1970-01-01. */
const localDay = (zone: Zone, instantMs: number): number =>
  Math.floor((instantMs + zone.offsetMs(instantMs)) / DAY_MS);

/** Milliseconds ahead of UTC, where no change is near; NaN near a change. */
function steadyOffset(zone: Zone, instantMs: number): number {
  const offset = zone.offsetMs(instantMs - 3 * DAY_MS);
  return offset === zone.offsetMs(instantMs + 3 * DAY_MS) ? offset : Number.NaN;
}

/** So much after midnight of the local day of an instant, by one offset. */
const onSameDay = (instantMs: number, clockMs: number, offsetMs: number): number =>
  Math.floor((instantMs + offsetMs) / DAY_MS) * DAY_MS + clockMs - offsetMs;

/** The first instant after another at which the clocks show so many minutes since midnight. */
export function nextInstant(zone: Zone, minutes: number, afterMs: number): number {
  const clockMs = (minutes % 1440) * MINUTE_MS;
  const steady = onSameDay(afterMs, clockMs, steadyOffset(zone, afterMs));
  if (!Number.isNaN(steady)) return steady > afterMs ? steady : steady + DAY_MS;
  const today = localDay(zone, afterMs);
  let best = Number.POSITIVE_INFINITY;
  const consider = (instantMs: number) => {
    if (instantMs > afterMs && instantMs < best) best = instantMs;
  };
  // From yesterday: clocks that are put back at midnight show the end of a day again.
  for (let day = today - 1; day <= today + 1 || best === Number.POSITIVE_INFINITY; day += 1) {
    consider(instantOfLocal(zone, day * DAY_MS + clockMs));
    consider(laterOfLocal(zone, day * DAY_MS + clockMs));
  }
  return best;
}

/** The instant nearest to another at which the clocks show so many minutes since midnight; the earlier of two. */
export function nearestInstant(zone: Zone, minutes: number, aroundMs: number): number {
  const clockMs = (minutes % 1440) * MINUTE_MS;
  const steady = onSameDay(aroundMs, clockMs, steadyOffset(zone, aroundMs));
  if (!Number.isNaN(steady)) {
    const late = steady - aroundMs;
    if (late >= DAY_MS / 2) return steady - DAY_MS;
    return late < -DAY_MS / 2 ? steady + DAY_MS : steady;
  }
  const today = localDay(zone, aroundMs);
  let best = Number.NaN;
  const consider = (instantMs: number) => {
    if (Number.isNaN(instantMs)) return;
    const closer = Math.abs(instantMs - aroundMs) - Math.abs(best - aroundMs);
    if (Number.isNaN(best) || closer < 0 || (closer === 0 && instantMs < best)) best = instantMs;
  };
  for (let day = today - 1; day <= today + 1; day += 1) {
    consider(instantOfLocal(zone, day * DAY_MS + clockMs));
    consider(laterOfLocal(zone, day * DAY_MS + clockMs));
  }
  return best;
}
