import { refusal } from './refusal.ts';

/** lower_snake, short enough for every name that is made of it. */
const SNAKE = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const LONGEST_NAME = 100;

/** @throws MillraceError MR100 */
export function checkSnake(name: string, place: string): void {
  if (!SNAKE.test(name) || name.length > LONGEST_NAME) {
    throw refusal(
      'nameNotSnake',
      place,
      `\`${name}\` is not lower_snake of at most ${LONGEST_NAME} characters.`,
    );
  }
}

/** @throws MillraceError of that kind, naming the first name that is repeated */
export function checkTwice(
  names: readonly string[],
  kind: Parameters<typeof refusal>[0],
  place: string,
): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refusal(kind, place, `\`${twice}\` stands twice.`);
}
