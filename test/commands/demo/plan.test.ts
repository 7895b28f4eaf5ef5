import { describe, expect, it } from 'vitest';
import { type DemoPlan, demoPlan } from '../../../bin/command/demo/plan.ts';

/**
 * Two datasets with sample files (`flights`, `flights_sample`), one with a simulator of its own (`iot`), one with the
 * generic one (`parcels`), one without a gold model (`plain`).
 */
const folder = new URL('./fixtures/shown/', import.meta.url);

const namesOf = ({ simulated, imported }: DemoPlan) => ({
  simulated: simulated?.dataset,
  imported: imported.map(({ dataset }) => dataset),
});

describe('a demo', () => {
  it.each([
    ['no name', [], 'iot', ['flights', 'flights_sample']],
    ['a dataset that is simulated', ['iot'], 'iot', []],
    ['a dataset that has no simulator of its own', ['parcels'], 'parcels', []],
    ['a dataset that has sample files', ['flights'], undefined, ['flights']],
    ['some that have sample files', ['flights_sample', 'flights'], undefined, ['flights_sample', 'flights']],
    ['one of either kind', ['flights', 'iot'], 'iot', ['flights']],
    ['a name twice', ['flights', 'iot', 'flights', 'iot'], 'iot', ['flights']],
  ])('of %s', async (_what, names, simulated, imported) => {
    // Act
    const plan = await demoPlan(names, folder);

    // Assess
    expect(namesOf(plan)).toEqual({ simulated, imported });
  });

  it('of the project shows all its datasets', async () => {
    // Act
    const plan = await demoPlan([]);

    // Assess
    expect(namesOf(plan)).toEqual({ simulated: 'iot', imported: ['flights', 'flights_sample'] });
  });

  it.each([
    ['two simulated datasets', ['iot', 'parcels'], 'MR507'],
    ['two simulated datasets beside one that is imported', ['iot', 'flights', 'parcels'], 'MR507'],
    ['a dataset without a gold model', ['plain'], 'MR507'],
    ['a dataset that is not there', ['iot', 'nothing'], 'MR131'],
  ])('is refused: %s', async (_what, names, code) => {
    // Act
    const planning = demoPlan(names, folder);

    // Assess
    await expect(planning).rejects.toMatchObject({ code });
  });
});
