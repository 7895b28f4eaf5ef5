import { MillraceError } from '../../lib/errors.ts';

/** `handled`: the handler threw or rejected; `timeout`: killed at its deadline; `crash`: its process ended, or never got ready. */
export type FunctionErrorKind = 'handled' | 'timeout' | 'crash';

const codes = { handled: 'MR480', timeout: 'MR481', crash: 'MR482' } as const;

/** An invocation that failed in the function, which Lambda reports as FunctionError `Unhandled`. */
export class FunctionError extends MillraceError {
  readonly kind: FunctionErrorKind;
  /** Name of the error as the runtime reported it: `MillraceError`, `Sandbox.Timedout`, `Runtime.ExitError`. */
  readonly errorType: string;

  constructor(kind: FunctionErrorKind, functionName: string, errorType: string, message: string) {
    super(codes[kind], `function ${functionName}: ${errorType}: ${message}`, {
      where: `function ${functionName}`,
      mend: 'see its log file',
    });
    this.name = 'FunctionError';
    this.kind = kind;
    this.errorType = errorType;
  }
}
