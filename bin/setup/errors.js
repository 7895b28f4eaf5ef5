/**
 * An error of the set-up that a user can act on. It has the form of `MillraceError` (lib/errors.ts), which cannot
 * be imported here: what lies under bin/setup runs before anything is installed, on Node 20.
 */
export class SetupError extends Error {
  /**
   * @param {string} code `MR3nn`
   * @param {string} what
   * @param {{ where: string, mend: string, tail?: string, cause?: unknown }} options `tail`: last lines of a log
   */
  constructor(code, what, options) {
    super(what, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SetupError';
    this.code = code;
    this.where = options.where;
    this.mend = options.mend;
    this.tail = options.tail ?? '';
  }

  toString() {
    const tail = this.tail === '' ? '' : `${this.tail.replace(/^/gm, '  | ')}\n`;
    return `${tail}${this.code}: ${this.message}\n  where: ${this.where}\n  mend:  ${this.mend}`;
  }
}
