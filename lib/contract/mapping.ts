/**
 * A mapping: how a row of a file, or an object of an API, becomes an event of the contract. It is data, a closed set of
 * expressions, so that it stands in the manifest and runs wherever a source runs: importer, fetch function, tests.
 *
 * A value that is absent (an empty text, null, a missing key, and `NA` in a CSV file, as R writes it) is null, and what is
 * made of null is null.
 */

/**
 * Kinds that a cell may be read as. `clock`: hhmm, 0000 to 2400, as minutes since midnight. Of a local time in ISO 8601
 * (`2026-03-08T02:30:00+00:00`) `date` is its date and `clock` its time of day, whatever its suffix says.
 */
export type CellType = 'text' | 'long' | 'double' | 'flag' | 'date' | 'clock';

export type Expression =
  /** A cell by its column, or a value by its dotted path. `flag`: 0 and 1 (also `0.00`, `1.00`, false, true). */
  | { readonly take: string; readonly as: CellType }
  /** A value of the event that was made before. */
  | { readonly field: string }
  | { readonly constant: string | number | boolean | null }
  /** The texts joined; null where one is null. */
  | { readonly join: readonly Expression[]; readonly with: string }
  /** A date of year, month and day. */
  | { readonly dateOf: readonly [year: Expression, month: Expression, day: Expression] }
  /** The last millisecond of a date's month, UTC. */
  | { readonly endOfMonth: Expression }
  /** Hour, 0 to 23, of a clock; 2400 is 0. */
  | { readonly hourOf: Expression }
  /** A clock as the number hhmm, 0 to 2400. */
  | { readonly hhmmOf: Expression }
  | { readonly upper: Expression }
  /** The instant of a local date and clock in an IANA zone. 2400 is the next midnight. */
  | { readonly instant: { readonly date: Expression; readonly clock: Expression; readonly zone: Expression } }
  /** The first instant after `after` at which the clocks of the zone show `clock`. */
  | { readonly next: { readonly clock: Expression; readonly zone: Expression; readonly after: Expression } }
  /** The instant nearest to `around` at which the clocks of the zone show `clock`. */
  | {
      readonly nearest: {
        readonly clock: Expression;
        readonly zone: Expression;
        readonly around: Expression;
      };
    }
  /** A text such as `2026-03-08T02:30:00+00:00` whose digits are local time in the zone, whatever its suffix says. */
  | { readonly local: { readonly text: Expression; readonly zone: Expression } }
  /** An instant written with its true offset, in UTC with milliseconds. */
  | { readonly utc: Expression }
  | { readonly plusMinutes: readonly [instant: Expression, minutes: Expression] }
  /** The column of a reference table in the row of that key; a key that the table lacks is a fault. */
  | { readonly lookup: string; readonly key: Expression; readonly column: string }
  | { readonly isNull: Expression }
  | { readonly equal: readonly [Expression, Expression] }
  | { readonly all: readonly Expression[] }
  | { readonly any: readonly Expression[] }
  | { readonly not: Expression }
  | { readonly if: Expression; readonly then: Expression; readonly else: Expression }
  /** The first that is not null. */
  | { readonly first: readonly Expression[] };

/** What a row must satisfy; else it is rejected whole, with its bytes, and lands in quarantine. */
export interface Demand {
  /** The column (or path) that is to blame. */
  readonly column: string;
  /** Must be true. */
  readonly holds: Expression;
  /** What is wrong where it does not hold, in words. */
  readonly detail: string;
}

export interface Mapping {
  /** Checked first, in order. */
  readonly demands: readonly Demand[];
  /** Dotted path of the event -> its value, made in this order. */
  readonly event: Readonly<Record<string, Expression>>;
}

export const text = (column: string): Expression => ({ take: column, as: 'text' });
export const long = (column: string): Expression => ({ take: column, as: 'long' });
export const double = (column: string): Expression => ({ take: column, as: 'double' });
export const flag = (column: string): Expression => ({ take: column, as: 'flag' });
export const date = (column: string): Expression => ({ take: column, as: 'date' });
export const clock = (column: string): Expression => ({ take: column, as: 'clock' });
export const field = (path: string): Expression => ({ field: path });
export const constant = (value: string | number | boolean | null): Expression => ({ constant: value });
export const isNull = (of: Expression): Expression => ({ isNull: of });

/** @param otherwise @default null */
export function when(
  condition: Expression,
  value: Expression,
  otherwise: Expression = constant(null),
): Expression {
  // biome-ignore lint/suspicious/noThenProperty: nobody awaits an expression
  return { if: condition, then: value, else: otherwise };
}

/** That a column has a value, but where `unless` is true. */
export function present(column: string, unless?: Expression): Demand {
  const there: Expression = { not: isNull(text(column)) };
  return {
    column,
    holds: unless === undefined ? there : { any: [unless, there] },
    detail: 'missing',
  };
}
