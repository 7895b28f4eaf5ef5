export type Row = Readonly<Record<string, unknown>>;
/** Dates are days since 1970-01-01, clocks minutes since midnight, instants epoch milliseconds. */
export type Value = string | number | boolean | null;
/** What a value is. `any`: of a reference table, whose types are not at hand; `null`: nothing else. */
export type Kind = 'text' | 'long' | 'double' | 'flag' | 'date' | 'clock' | 'instant' | 'null' | 'any';

/** A compiled expression. */
export interface Made {
  readonly kind: Kind;
  /** The first column it is made of: that is to blame. */
  readonly column: string;
  /** @param made the event's values so far. @throws MappingFault */
  readonly of: (row: Row, made: readonly Value[]) => Value;
}

export const firstColumn = (parts: readonly Made[]): string =>
  parts.find(({ column }) => column !== '')?.column ?? '';
