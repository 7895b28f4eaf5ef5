import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allDatasets, chosenDatasets, datasetNamed } from '../../lib/datasets/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
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
    ['clash-published', 'MR132', 'two'],
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
    expect(datasets.map(({ name }) => name)).toEqual(['flights', 'flights_sample', 'iot']);
  });
});

const all = (await allDatasets()).map(({ name }) => name);

it('every text of sql/ is of a contract', async () => {
  // Prepare
  const texts = globSync('sql/**/*.sql', { cwd: root }).map((file) => basename(file, '.sql'));
  const used = (await allDatasets()).flatMap(({ manifest }) =>
    [...manifest.gold, ...manifest.queries].map(({ name }) => name),
  );

  // Assess
  expect(texts.filter((name) => !used.includes(name))).toEqual([]);
});

describe('the datasets of a synthesis', () => {
  it.each([
    ['none is named', undefined, all],
    ['nothing is named', '', all],
    ['one is named', 'iot', ['iot']],
    ['several are named', 'iot,flights', ['flights', 'iot']],
    ['one is named twice', 'iot,iot', ['iot']],
  ])('of a local run, where %s', async (_what, names, expected) => {
    // Act
    const chosen = await chosenDatasets(names, true);

    // Assess
    expect(chosen.map(({ name }) => name)).toEqual(expected);
  });

  it('of a deployment are all', async () => {
    // Act
    const chosen = await chosenDatasets(undefined, false);

    // Assess
    expect(chosen.map(({ name }) => name)).toEqual(all);
  });

  it.each([
    ['named for a deployment', 'iot', false, 'MR138'],
    ['all named for a deployment', all.join(','), false, 'MR138'],
    ['not there', 'iot,nothing', true, 'MR131'],
  ])('are refused: %s', async (_what, names, local, code) => {
    // Act
    const choosing = chosenDatasets(names, local);

    // Assess
    await expect(choosing).rejects.toMatchObject({ code });
  });
});
