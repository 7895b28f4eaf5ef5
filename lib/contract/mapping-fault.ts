const LONGEST_VALUE = 80;

/** Why a row cannot be mapped. */
export interface Rejected {
  /** Column, or dotted path, that is to blame. */
  readonly path: string;
  /** In words, with the value: `2575 is no time hhmm`. */
  readonly detail: string;
  /** The same without the value, so that like ones can be counted: `no time hhmm`. */
  readonly reason: string;
}

/** Thrown while a row is mapped; it ends the row, not the import. */
export class MappingFault extends Error {
  readonly rejected: Rejected;

  constructor(path: string, value: unknown, reason: string) {
    super(reason);
    this.rejected = { path, detail: `${excerpt(value)} is ${reason}`, reason };
  }
}

/** What a person sees of a value. */
function excerpt(value: unknown): string {
  const text = typeof value === 'object' ? (JSON.stringify(value, plain) ?? '') : String(value);
  const short = text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
  return short.toWellFormed();
}

const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
