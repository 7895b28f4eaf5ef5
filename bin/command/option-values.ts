import { InvalidArgumentError } from 'commander';

/** A whole number of at least `least`, as commander's option parser wants it. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll(/[_,]/g, ''));
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}`);
    }
    return value;
  };
}

/** A number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text.replaceAll(/[_,]/g, ''));
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('expected a number above 0');
  return value;
}
