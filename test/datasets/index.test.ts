import { describe, expect, it } from 'vitest';
import { allDatasets, datasetNamed } from '../../lib/datasets/index.ts';

const folder = (name: string): URL => new URL(`./fixtures/${name}/`, import.meta.url);

describe('the datasets', () => {
  it('are the files of the folder', async () => {
    // Act
    const datasets = await allDatasets(folder('sound'));

    // Assess
    expect(datasets.map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('are found by name', async () => {
    // Act
    const found = await datasetNamed('two', folder('sound'));

    // Assess
    expect(found.manifest.topic.name).toBe('two-events');
  });

  it.each([
    ['empty', 'MR130', 'lib/datasets/nothing.ts'],
    ['clash', 'MR132', 'two'],
    ['misnamed', 'MR133', 'lib/datasets/one.ts'],
  ])('are refused: %s', async (name, code, where) => {
    // Act
    const loading = allDatasets(folder(name));

    // Assess
    await expect(loading).rejects.toMatchObject({ code, where });
  });

  it('are refused by a name that none has', async () => {
    // Act
    const finding = datasetNamed('three', folder('sound'));

    // Assess
    await expect(finding).rejects.toMatchObject({
      code: 'MR131',
      message: expect.stringContaining('one, two'),
    });
  });

  it('of the project are sound', async () => {
    // Act
    const datasets = await allDatasets();

    // Assess
    expect(datasets.map(({ name }) => name)).toContain('iot');
  });
});
