import { refusal } from './refusal.ts';

/** Names, least and most of the six fields of an AWS schedule. */
const CRON_FIELDS = [
  { name: 'minutes', least: 0, most: 59, extra: /^$/ },
  { name: 'hours', least: 0, most: 23, extra: /^$/ },
  { name: 'day of month', least: 1, most: 31, extra: /^(?:\?|L|LW|\d{1,2}W)$/ },
  {
    name: 'month',
    least: 1,
    most: 12,
    extra: /^(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?:-[A-Z]{3})?$/,
  },
  {
    name: 'day of week',
    least: 1,
    most: 7,
    extra: /^(?:\?|L|[1-7]L|[1-7]#[1-5]|(?:SUN|MON|TUE|WED|THU|FRI|SAT)(?:-[A-Z]{3})?)$/,
  },
  { name: 'year', least: 1970, most: 2199, extra: /^$/ },
] as const;

/** Glue starts a job no more often than this. */
const LEAST_GAP_MINUTES = 5;

/**
 * Checks a schedule as EventBridge and Glue triggers read it: `cron(minutes hours day-of-month month day-of-week year)`, UTC.
 * @throws MillraceError MR114
 */
export function checkCron(schedule: string, place: string): void {
  const refuse = (why: string): Error => refusal('cronUnsound', place, `\`${schedule}\`: ${why}.`);
  const parts = /^cron\((\S+(?: \S+){5})\)$/.exec(schedule)?.[1]?.split(' ');
  if (parts === undefined) throw refuse('not of the form cron(six fields)');
  CRON_FIELDS.forEach((field, index) => {
    for (const item of (parts[index] ?? '').split(',')) {
      if (!field.extra.test(item) && expand(item, field.least, field.most) === undefined) {
        throw refuse(`\`${item}\` is no ${field.name}`);
      }
    }
  });
  if ((parts[2] === '?') === (parts[4] === '?')) throw refuse('exactly one of the two day fields is `?`');
  const minutes = [...new Set((parts[0] ?? '').split(',').flatMap((item) => expand(item, 0, 59) ?? []))];
  minutes.sort((a, b) => a - b);
  const gaps = minutes.map((minute, index) => (minutes[index + 1] ?? (minutes[0] ?? 0) + 60) - minute);
  if (Math.min(...gaps) < LEAST_GAP_MINUTES)
    throw refuse(`starts less than ${LEAST_GAP_MINUTES} minutes apart`);
}

/**
 * Starts of a sound schedule on a day on which it starts at all.
 * @throws MillraceError MR114
 */
export function startsADay(schedule: string, place: string): number {
  checkCron(schedule, place);
  const [minutes = '', hours = ''] = schedule.slice('cron('.length).split(' ');
  const count = (field: string, most: number) =>
    new Set(field.split(',').flatMap((item) => expand(item, 0, most) ?? [])).size;
  return count(minutes, 59) * count(hours, 23);
}

/** The numbers that `*`, `n`, `a-b`, each with an optional `/step`, stand for. */
function expand(item: string, least: number, most: number): number[] | undefined {
  const match = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(item);
  if (match === null) return undefined;
  const step = match[4] === undefined ? 1 : Number(match[4]);
  const first = match[1] === undefined ? Number(match[2]) : least;
  const single = match[1] === undefined && match[3] === undefined && match[4] === undefined;
  const last = single ? first : match[3] === undefined ? most : Number(match[3]);
  if (step < 1 || first < least || last > most || first > last) return undefined;
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);
}
