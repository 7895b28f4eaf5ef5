import { expect, test } from 'vitest';
import { lineOf } from './report.ts';
import { scenarios } from './scenarios/index.ts';
import { runSuite } from './suite.ts';

test('nothing is lost, doubled or altered under the quick scenarios', async () => {
  // Prepare
  const quick = scenarios.filter((scenario) => scenario.quick === true);

  // Act
  const outcomes = await runSuite({
    scenarios: quick,
    dataset: 'iot',
    seed: 7,
    say: () => {},
    onOutcome: (outcome) => process.stdout.write(`${lineOf(outcome)}\n`),
  });

  // Assess
  expect(outcomes.map(({ name, faults }) => ({ name, faults }))).toEqual(
    quick.map(({ name }) => ({ name, faults: [] })),
  );
});
