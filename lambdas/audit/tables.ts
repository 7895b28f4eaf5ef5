import * as sql from './classification.ts';
import type { Class, ClassCount, Doubled } from './equation.ts';
import { merged, type OffsetRange } from './ranges.ts';
import { type Days, runsOfDays, type Scope } from './scope.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Runs one statement and gives its rows. */
export type Ask = (text: string) => Promise<readonly Row[]>;

/** What the tables of a dataset say of the scope's positions. */
export interface TableFindings {
  readonly classes: readonly ClassCount[];
  readonly silver: { readonly rows: number; readonly duplicated: number; readonly late: number };
  /** Positions that are in bronze and nowhere else. */
  readonly unaccounted: readonly OffsetRange[];
  /** Positions that the tables disagree on. */
  readonly disagreed: readonly OffsetRange[];
  /** Positions that other tables know and bronze does not. */
  readonly notInBronze: readonly OffsetRange[];
  /** Identities that silver holds more than once; some of them. */
  readonly doubled: readonly Doubled[];
  /** Positions that any table knows. */
  readonly known: readonly OffsetRange[];
}

interface Counted extends ClassCount {
  /** Of the positions' partition times; empty where none has one. */
  readonly days: readonly Days[];
}

/** Asks as little as serves: what is named is asked for only where a count says that there is something. */
export async function examineTables(ask: Ask, scope: Scope): Promise<TableFindings> {
  const [counted, known] = await Promise.all([
    ask(sql.countsSql(scope)).then((rows) => countsOf(rows)),
    ask(sql.knownSql(scope)).then(rangesOf),
  ]);
  const some = (holds: (one: Counted) => boolean) => counted.some(holds);
  const rangesIf = async (wanted: boolean, text: () => string) => (wanted ? rangesOf(await ask(text())) : []);
  const [silver, twins, disagreed, notInBronze] = await Promise.all([
    examineSilver(ask, scope, counted),
    explain(ask, scope, counted),
    rangesIf(
      some((one) => one.disagreed > 0),
      () => sql.disagreedSql(scope),
    ),
    rangesIf(
      some((one) => one.inBronze < one.positions),
      () => sql.notInBronzeSql(scope),
    ),
  ]);
  return { ...silver, ...twins, disagreed, notInBronze, known };
}

type Silver = Pick<TableFindings, 'silver' | 'doubled'>;

/**
 * The scope's rows of silver, and their identities. Where a part of the time is asked for, other rows of an identity
 * are looked for in the days of the scope's rows: in all of silver, only the sweep and an audit without a range look.
 */
async function examineSilver(ask: Ask, scope: Scope, counted: readonly Counted[]): Promise<Silver> {
  const stored = counted.find((one) => one.class === 'silver');
  if (stored === undefined) return { silver: { rows: 0, duplicated: 0, late: 0 }, doubled: [] };
  const days = scope.times === undefined ? undefined : stored.days;
  const [row] = await ask(sql.silverSql(scope, days));
  const silver = {
    rows: Number(row?.silver_rows ?? 0),
    duplicated: Number(row?.duplicated ?? 0),
    late: Number(row?.late ?? 0),
  };
  const doubled = silver.duplicated > 0 ? doubledOf(scope, await ask(sql.doubledSql(scope, days))) : [];
  return { silver, doubled };
}

type Explained = Pick<TableFindings, 'classes' | 'unaccounted'>;

/**
 * Looks for the twins of positions that nothing explains: first among the days they are of, and, where an identity
 * may be of several days, for what is left in all of silver.
 */
async function explain(ask: Ask, scope: Scope, counted: readonly Counted[]): Promise<Explained> {
  const none = counted.find((one) => one.class === 'none');
  const classes = counted.map(({ days: _, ...one }) => one);
  if (none === undefined) return { classes, unaccounted: [] };
  // Records without a partition time are not valid, and have no twin.
  let days: readonly Days[] | undefined = none.days;
  let found = await ask(sql.explainedSql(scope, days));
  const left = (rows: readonly Row[]) => Number(rows.find((row) => row.class === 'none')?.positions ?? 0);
  if (left(found) > 0 && none.days.length > 0 && !scope.manifest.partitionFollowsIdentity) {
    days = undefined;
    found = await ask(sql.explainedSql(scope, days));
  }
  const unaccounted = left(found) > 0 ? rangesOf(await ask(sql.unaccountedSql(scope, days))) : [];
  const explained = found.map((row) => ({
    class: row.class as Class,
    positions: Number(row.positions),
    inBronze: Number(row.positions),
    disagreed: 0,
  }));
  const rest = { class: 'none' as const, positions: 0, inBronze: 0, disagreed: none.disagreed };
  return { classes: [...classes.filter((one) => one.class !== 'none'), ...explained, rest], unaccounted };
}

/** Adds up the days of each class. */
function countsOf(rows: readonly Row[]): Counted[] {
  return [...Map.groupBy(rows, (row) => row.class as Class)].map(([name, list]) => {
    const sum = (field: string) => list.reduce((total, row) => total + Number(row[field]), 0);
    const days = list.flatMap(({ partition_day: day }) => (typeof day === 'string' ? [day] : []));
    return {
      class: name,
      positions: sum('positions'),
      inBronze: sum('in_bronze'),
      disagreed: sum('disagreed'),
      days: runsOfDays(days.sort()),
    };
  });
}

function doubledOf({ manifest }: Scope, rows: readonly Row[]): Doubled[] {
  const identityOf = (row: Row) => Object.fromEntries(manifest.identity.map((name) => [name, row[name]]));
  const byIdentity = Map.groupBy(rows, (row) => JSON.stringify(identityOf(row)));
  return [...byIdentity].map(([identity, list]) => ({
    identity: JSON.parse(identity) as Doubled['identity'],
    positions: list.map((row) => ({
      partition: Number(row.kafka_partition),
      offset: Number(row.kafka_offset),
    })),
  }));
}

/** Rows of partition, first and last offset as ranges. */
export function rangesOf(rows: readonly Row[]): OffsetRange[] {
  return merged(
    rows.map((row) => ({
      partition: Number(row.kafka_partition),
      first: Number(row.first_offset),
      last: Number(row.last_offset),
    })),
  );
}
