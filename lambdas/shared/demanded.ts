import { MillraceError } from '../../lib/errors.ts';

/**
 * Reads variables that a function cannot do without.
 * @param who the function, in words, and the stack that sets its variables
 * @returns takes a variable's name; throws MillraceError MR801 where it is missing
 */
export function demanded(
  environment: Readonly<Record<string, string | undefined>>,
  who: { readonly name: string; readonly stack: string },
): (name: string) => string {
  return (name) => {
    const value = environment[name];
    if (value) return value;
    throw new MillraceError('MR801', `environment variable ${name} is missing`, {
      where: who.name,
      mend: `set ${name} on the function; the ${who.stack} stack does so`,
    });
  };
}
