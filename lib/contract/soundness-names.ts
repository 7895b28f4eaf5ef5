import { stageNames } from '../stages.ts';
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

/** Of a Lambda function, and of a schedule. */
const LONGEST_FUNCTION = 64;

/**
 * Checks that a function that is named after these parts can be made in every stage.
 * @throws MillraceError of that kind
 */
export function checkFunctionName(
  parts: readonly string[],
  kind: Parameters<typeof refusal>[0],
  place: string,
): void {
  for (const stage of stageNames) {
    const name = `millrace-${stage}-${parts.join('-')}`;
    if (name.length > LONGEST_FUNCTION)
      throw refusal(
        kind,
        place,
        `The function \`${name}\` would have ${name.length} characters; ${LONGEST_FUNCTION} are allowed.`,
      );
  }
}

/** @throws MillraceError MR121 */
export function checkTopicName(name: string, place: string): void {
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..')
    throw refusal('topicUnsound', place, `\`${name}\` is no topic name.`);
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
