/** A column and its type in Trino's words, without precision: `timestamp with time zone`, `varchar`. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: string;
}

/** What an engine answered, every value in one form whatever the engine: null, or a text of its own. */
export interface Answer {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Without precision, which the local Athena does not keep; Athena says float for Trino's real. */
export function plainType(type: string): string {
  const plain = type.replace(/\([\d, ]+\)/, '');
  return plain === 'float' ? 'real' : plain;
}

/** The same text for the same 64 bits, and for no others. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Trino prints as many digits of a second as its type has, Athena's results at least three. */
export function momentText(text: string): string {
  return text.replace(/\.(\d*?)0*(?=$| )/, (_, digits: string) => (digits === '' ? '' : `.${digits}`));
}
