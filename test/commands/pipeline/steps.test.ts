import { describe, expect, test } from 'vitest';
import { programWith } from '../../../bin/command/modules.ts';
import type { Asked, Step } from '../../../bin/command/pipeline/step.ts';
import { demandReader, modes, type StepName, stepsOf, take } from '../../../bin/command/pipeline/steps.ts';

/** Steps that only say that they were taken; one of them may fail. */
function notedSteps(failing?: StepName) {
  const taken: string[] = [];
  const step =
    (name: StepName): Step =>
    async () => {
      taken.push(name);
      if (name === failing) throw new Error(`${name} failed`);
      return { facts: { rows: taken.length }, text: `parcels: done\n` };
    };
  const known = {
    extract: step('extract'),
    transform: step('transform'),
    load: step('load'),
    visualize: step('visualize'),
  };
  return { known, taken };
}

const asked = {} as Asked;

describe('a pipeline', () => {
  test('takes all steps in their order, and says of each what it did', async () => {
    // Prepare
    const { known, taken } = notedSteps();
    const said: string[] = [];

    // Act
    const { reports, failure } = await take('all', asked, (text) => said.push(text), known);

    // Assess
    expect(taken).toEqual(['extract', 'transform', 'load', 'visualize']);
    expect(reports[1]).toEqual({ step: 'transform', seconds: expect.any(Number), rows: 2 });
    expect(said[3]).toBe('visualize: 0.0 s, parcels: done\n');
    expect(failure).toBeUndefined();
  });

  test.each(modes.filter((mode) => mode !== 'all'))('takes %s alone', async (mode) => {
    // Prepare
    const { known, taken } = notedSteps();

    // Act
    await take(mode, asked, () => undefined, known);

    // Assess
    expect(taken).toEqual([mode]);
  });

  test('stops at the first step that fails, and keeps what the others said', async () => {
    // Prepare
    const { known, taken } = notedSteps('load');

    // Act
    const { reports, failure } = await take('all', asked, () => undefined, known);

    // Assess
    expect(taken).toEqual(['extract', 'transform', 'load']);
    expect(reports.map(({ step }) => step)).toEqual(['extract', 'transform']);
    expect(failure).toEqual({ step: 'load', error: new Error('load failed') });
  });

  test('has as many modes as steps, and all', () => {
    // Act, Assess
    expect(modes).toEqual([...stepsOf('all'), 'all']);
  });

  test('reads files only where a step reads any', () => {
    // Act, Assess
    expect(() => demandReader('load', ['a.csv'])).toThrow(
      expect.objectContaining({ code: 'MR853', where: 'a.csv' }),
    );
    expect(() => demandReader('load', [])).not.toThrow();
    expect(() => demandReader('all', ['a.csv'])).not.toThrow();
  });
});

describe('the command line', () => {
  const run = async (...words: string[]) => {
    const program = await programWith('pipeline');
    for (const one of [program, ...program.commands])
      one.exitOverride().configureOutput({ writeErr: () => {} });
    return program.parseAsync(['pipeline', ...words], { from: 'user' });
  };

  test.each([
    [['polish', 'iot']],
    [['load', 'iot', '--from', '2026-02-30', '--to', '2026-03-01']],
    [['transform', 'iot', '--wait', '0']],
  ])('%j is none', async (words) => {
    // Act, Assess
    await expect(run(...words)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  test.each([
    [['load', 'nosuch'], 'MR131'],
    [['load', 'iot', '--from', '2026-03-01'], 'MR860'],
    [['load', 'iot', 'a.csv'], 'MR853'],
  ])('%j is refused with %s', async (words, code) => {
    // Act, Assess
    await expect(run(...words)).rejects.toMatchObject({ code });
  });
});
