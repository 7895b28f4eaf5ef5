/**
 * An error a user can act on.
 *
 * `code` is stable and searchable (`MR` + three digits; the first digit is the room: 1 contract, 2 synth and
 * stages, 3 set-up and, from 320, releases of contracts, 4 mirror and services, 5 produce, 6 audit, 7 query and
 * quarantine, 8 jobs and functions, 9 what keeps jobs running), `where` names the place, `mend` says what to do.
 */
export class MillraceError extends Error {
  readonly code: string;
  readonly where: string;
  readonly mend: string;

  constructor(code: `MR${number}`, what: string, options: { where: string; mend: string; cause?: unknown }) {
    super(what, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.where = options.where;
    this.mend = options.mend;
  }

  /** The three lines a terminal shows: what, where, mend. */
  override toString(): string {
    return `${this.code}: ${this.message}\n  where: ${this.where}\n  mend:  ${this.mend}`;
  }
}
