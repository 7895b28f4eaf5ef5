import type { Manifest } from '../../lib/contract/manifest.ts';

/** Offsets by partition. */
export type Bounds = ReadonlyMap<number, number>;

/** From `from` on, below `to`: ISO 8601 in UTC; open where it is not said. */
export interface Times {
  readonly from?: string;
  readonly to?: string;
}

/** UTC days (YYYY-MM-DD), both included. */
export interface Days {
  readonly first: string;
  readonly last: string;
}

/** What of a dataset an audit looks at. */
export interface Scope {
  readonly manifest: Manifest;
  /** The first position of each partition. @default 0 */
  readonly first?: Bounds;
  /** Only positions below these are looked at. */
  readonly horizon: Bounds;
  /** Kafka timestamps that the positions can have; a table's files outside them are not read. @default any */
  readonly times?: Times;
  /**
   * The instant (ISO 8601) from which positions are of the topic that the stream reads: rows of an earlier Kafka
   * timestamp are of a topic before, at whose positions other records stand now. @default always
   */
  readonly topicSince?: string;
  /** Positions below these have been through the silver job. */
  readonly processed: Bounds;
  /** Positions below these are landed for good, in bronze and in quarantine. @default all */
  readonly landed?: Bounds;
  /**
   * UTC day (YYYY-MM-DD) that retention has come to: what Kafka took before it, and valid records of an earlier
   * partition time, have left silver and rejected and are out of the claim. @default none
   */
  readonly keptFrom?: string;
}

const DAY_MS = 86_400_000;

export const quoted = (name: string) => `"${name}"`;
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

const instant = (iso: string, zone: string) =>
  `TIMESTAMP ${literal(`${new Date(iso).toISOString().slice(0, 23).replace('T', ' ')}${zone}`)}`;

const allOf = (conditions: readonly string[]) => conditions.join('\n    AND ');

/** True for the positions of the scope. Alternatives of plain comparisons: an engine can skip files by them. */
export function inScope({ first, horizon }: Scope, alias = ''): string {
  const dot = alias === '' ? '' : `${alias}.`;
  const parts = [...horizon].map(([partition, end]) => {
    const from = first?.get(partition) ?? 0;
    return `${dot}kafka_partition = ${partition} AND ${dot}kafka_offset >= ${from} AND ${dot}kafka_offset < ${end}`;
  });
  return parts.length === 0 ? '1 = 0' : `((${parts.join(') OR (')}))`;
}

/** True for positions below some bounds. */
export function below(bounds: Bounds, alias: string): string {
  const cases = [...bounds].map(([partition, bound]) => `WHEN ${partition} THEN ${bound}`);
  if (cases.length === 0) return '1 = 0';
  return `${alias}.kafka_offset < CASE ${alias}.kafka_partition ${cases.join(' ')} ELSE 0 END`;
}

/** Kafka timestamps of the scope's rows. */
function timesOf({ times, topicSince }: Scope): Times {
  if (topicSince === undefined) return times ?? {};
  const { from = topicSince } = times ?? {};
  return { ...times, from: Date.parse(from) > Date.parse(topicSince) ? from : topicSince };
}

/** True for rows of silver whose position is one of the scope, of the topic that the stream reads. */
export function storedRows(scope: Scope, alias = ''): string {
  const { topicSince } = scope;
  const dot = alias === '' ? '' : `${alias}.`;
  return topicSince === undefined
    ? inScope(scope, alias)
    : allOf([`${dot}kafka_timestamp >= ${instant(topicSince, ' UTC')}`, inScope(scope, alias)]);
}

/** True for an external table's rows of the scope: by folder, by time, by position. */
export function externalRows(scope: Scope): string {
  const { from, to } = timesOf(scope);
  return allOf([
    `kafka_topic = ${literal(scope.manifest.topic.name)}`,
    ...(from === undefined ? [] : [...foldersFrom(from), `kafka_timestamp >= ${instant(from, '')}`]),
    ...(to === undefined ? [] : [...foldersTo(to), `kafka_timestamp < ${instant(to, '')}`]),
    inScope(scope),
  ]);
}

/** True for an Iceberg table's rows of the scope, whose instants have a zone. */
export function icebergRows(scope: Scope): string {
  const { from, to } = timesOf(scope);
  return allOf([
    ...(from === undefined ? [] : [`kafka_timestamp >= ${instant(from, ' UTC')}`]),
    ...(to === undefined ? [] : [`kafka_timestamp < ${instant(to, ' UTC')}`]),
    inScope(scope),
  ]);
}

/** True for rows of an Iceberg table whose instant in `column` lies in any of the days. */
export function ofDays(column: string, days: readonly Days[]): string {
  const parts = days.map(({ first, last }) => {
    const end = new Date(Date.parse(last) + DAY_MS).toISOString();
    return `${column} >= ${instant(first, ' UTC')} AND ${column} < ${instant(end, ' UTC')}`;
  });
  return parts.length === 0 ? '1 = 0' : `((${parts.join(') OR (')}))`;
}

/** True for rows whose date in `column` is any of the days. */
export function datesOf(column: string, days: readonly Days[]): string {
  const parts = days.map(
    ({ first, last }) => `${column} >= DATE ${literal(first)} AND ${column} <= DATE ${literal(last)}`,
  );
  return parts.length === 0 ? '1 = 0' : `((${parts.join(') OR (')}))`;
}

/** A statement has a bound of 256 KiB of text. */
const MOST_RUNS = 300;

/** Days (YYYY-MM-DD) in order as runs without a gap; as one span where they are scattered too widely for a statement. */
export function runsOfDays(days: readonly string[]): Days[] {
  const runs: Days[] = [];
  for (const day of days) {
    const before = runs.at(-1);
    const follows = before !== undefined && Date.parse(day) - Date.parse(before.last) <= DAY_MS;
    if (follows) runs[runs.length - 1] = { first: before.first, last: day };
    else runs.push({ first: day, last: day });
  }
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined || runs.length <= MOST_RUNS) return runs;
  return [{ first: first.first, last: last.last }];
}

const dayOf = (iso: string) => literal(new Date(iso).toISOString().slice(0, 10));
const hourOf = (iso: string) => new Date(iso).getUTCHours();

function foldersFrom(iso: string): string[] {
  return [`"date" >= ${dayOf(iso)}`, `("date" > ${dayOf(iso)} OR "hour" >= ${hourOf(iso)})`];
}

function foldersTo(iso: string): string[] {
  return [`"date" <= ${dayOf(iso)}`, `("date" < ${dayOf(iso)} OR "hour" <= ${hourOf(iso)})`];
}
