import { describe, expect, test } from 'vitest';
import { fetches } from '../../../lambdas/kafka-access/fetches.ts';

/** `a?`: broker a is asked; `a`: it answers; `!`: the answer had records; `-`: the consumer starts again. */
function told(story: string): boolean {
  const answers = fetches();
  const nodes = ['a', 'b'];
  for (const word of story.split(' ')) {
    const node = nodes.indexOf(word.charAt(0));
    if (word === '!') answers.filled();
    else if (word === '-') answers.forget();
    else if (word.endsWith('?')) answers.asked(node);
    else answers.answered(node);
  }
  return answers.areEmpty();
}

describe('fetches that bring nothing', () => {
  test.each([
    ['are empty when the broker said so twice', 'a? a a? a', true],
    ['are empty when it said so after the last records', 'a? a ! a? a a? a', true],
    ['are not where the records of the last one may still come', 'a? a ! a? a', false],
    ['are not where a broker was asked and said nothing', 'a? a a? a b?', false],
    ['are not where only one of two brokers answers', 'a? b? a b a? a a? a', false],
    ['are not where nobody was asked', '-', false],
    ['are not where the consumer has just started again', 'a? a a? a -', false],
  ])('%s', (_what, story, empty) => {
    // Act
    const found = told(story);

    // Assess
    expect(found).toBe(empty);
  });
});
