/** Events that are hard on the daily statistics of `iot`; all are valid and of days past. */

const DAY_MS = 86_400_000;
/** Long enough ago to be complete, recent enough to be kept. */
const DAYS_AGO = 30;

/** Durations as the simulator draws them, between 50 and 500 ms; a small generator of its own keeps them the same. */
function logNormal(count: number, seed: number): number[] {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
    return Math.min(500, Math.max(50, Math.exp(4.5 + 0.5 * normal)));
  });
}

const times = (count: number, duration: number): number[] => Array<number>(count).fill(duration);

/** 519 durations whose sample deviation is 10 exactly, two of them 3 deviations from the mean. */
const boundary = [...times(250, 190), ...times(250, 210), 170, 230, ...times(17, 200)];

/** By name, each a group of its own: a device type on a day. */
const groups: Readonly<Record<string, readonly number[]>> = {
  '499 events': logNormal(499, 1),
  '500 events': logNormal(500, 2),
  '501 events': logNormal(501, 3),
  'on the boundary': boundary,
  'beyond the boundary': [...boundary, 168, 232],
  'constant 0.1': times(1001, 0.1),
  'sigma is 0': times(777, 120),
  zeros: [...times(600, 0), ...times(3, 1000)],
  'ties at the rank': [...times(470, 10), ...times(20, 20), ...times(10, 30)],
  'rank is a whole number': Array.from({ length: 2000 }, (_, at) => at % 100),
  'one huge outlier': [...logNormal(999, 4), 1000],
};

const types = ['temperature', 'pressure', 'humidity', 'motion', 'light'];
/** A value inside the range of each type. */
const values: Readonly<Record<string, number>> = {
  temperature: 20,
  pressure: 1000,
  humidity: 50,
  motion: 1,
  light: 7,
};

function event(number: number, deviceType: string, at: number, duration: number): object {
  return {
    event_id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    device_id: `device-${String(number % 50).padStart(3, '0')}`,
    device_type: deviceType,
    timestamp: new Date(at).toISOString(),
    event_duration: duration,
    value: values[deviceType],
    status: 'normal',
    metadata: { location: 'zone-A', firmware: 'v1.0.0' },
  };
}

/** Types in turn, days as they are needed; the last group lies on both sides of a midnight. */
export function hardCases(now: Date): object[] {
  const first = (Math.floor(now.getTime() / DAY_MS) - DAYS_AGO) * DAY_MS;
  const events: object[] = [];
  for (const [at, durations] of Object.values(groups).entries()) {
    const type = types[at % types.length] ?? '';
    const start = first + Math.floor(at / types.length) * DAY_MS;
    for (const [second, duration] of durations.entries())
      events.push(event(events.length, type, start + 1000 * second, duration));
  }
  const midnight = first + 10 * DAY_MS;
  for (let at = 0; at < 500; at += 1) {
    events.push(event(events.length, 'motion', midnight - 1 - at, 100 + at));
    events.push(event(events.length, 'motion', midnight + at, 300 + (at % 7)));
  }
  return events;
}
