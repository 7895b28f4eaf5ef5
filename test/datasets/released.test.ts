import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { nextRelease } from '../../lib/contract/release.ts';
import { allDatasets } from '../../lib/datasets/index.ts';
import { compatibleReleases } from '../../lib/datasets/released/index.ts';

const manifests = (await allDatasets()).map(({ manifest }) => manifest);
const [first] = manifests as [Manifest, ...Manifest[]];

let folder: URL;

beforeAll(async () => {
  folder = pathToFileURL(`${await mkdtemp(join(tmpdir(), 'millrace-released-'))}/`);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('the contracts are as they are released, and no id stands for two columns', () => {
  // Act
  const { releases, warnings } = compatibleReleases(manifests);

  // Assess
  expect(warnings).toEqual([]);
  expect(Object.keys(releases).length).toBeGreaterThan(0);
  for (const { tables } of Object.values(releases)) {
    for (const { columns, lastId } of Object.values(tables)) {
      const ids = Object.values(columns).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(Math.max(...ids)).toBeLessThanOrEqual(lastId);
    }
  }
});

describe('a dataset', () => {
  const write = (manifest: Manifest) =>
    writeFile(new URL(`${first.dataset}.json`, folder), JSON.stringify(nextRelease(manifest, undefined)));

  test('that is new may be deployed once without a release', () => {
    // Act
    const found = compatibleReleases([first], { folder });

    // Assess
    expect(found).toEqual({ releases: {}, warnings: [expect.stringContaining('npm run release-schemas')] });
  });

  test('that is ahead of its release is refused: the ids of its new columns would be kept nowhere', async () => {
    // Prepare: `b` comes to stand before `a`, whose id nothing knows
    const [id, ...others] = first.columns.silver;
    const added = (name: string) => ({ name, type: 'string', comment: name }) as const;
    const silver = [id, added('b'), added('a'), ...others] as Manifest['columns']['silver'];
    const ahead = { ...first, columns: { ...first.columns, silver } };
    await write(first);

    // Act
    const act = () => compatibleReleases([ahead], { folder });
    const tried = compatibleReleases([ahead], { folder, unreleased: true });

    // Assess
    expect(act).toThrow(
      expect.objectContaining({
        code: 'MR326',
        where: expect.stringContaining(`${first.tables.silver}.b, ${first.tables.silver}.a`),
        mend: expect.stringContaining('npm run release-schemas'),
      }),
    );
    expect(tried.warnings).toEqual([expect.stringContaining('ahead of its release')]);
  });

  test('that is as it is released brings no warning', async () => {
    // Prepare
    await write(first);

    // Act
    const { warnings } = compatibleReleases([first], { folder });

    // Assess
    expect(warnings).toEqual([]);
  });

  test('that is released and has no contract is refused, wherever it runs', async () => {
    // Prepare
    await write(first);
    const renamed = { ...first, dataset: `${first.dataset}_2` };

    // Act
    const acts = [[], [renamed]].map((all) => () => compatibleReleases(all, { folder, unreleased: true }));

    // Assess
    for (const act of acts) {
      expect(act).toThrow(
        expect.objectContaining({
          code: 'MR327',
          where: `lib/datasets/released/${first.dataset}.json`,
          mend: expect.stringContaining('delete its release'),
        }),
      );
    }
  });

  test('that is looser than its release is ahead of it', async () => {
    // Prepare
    const optional = { ...first.fields[1], required: false } as Manifest['fields'][number];
    const ahead = { ...first, fields: [first.fields[0], optional, ...first.fields.slice(2)] } as Manifest;
    await write(first);

    // Act
    const act = () => compatibleReleases([ahead], { folder });

    // Assess
    expect(act).toThrow(
      expect.objectContaining({ code: 'MR326', where: `${first.dataset}: fields, schemas` }),
    );
  });

  test('that takes something back is refused', async () => {
    // Prepare
    await write({ ...first, identity: [first.observedTime] });

    // Act
    const act = () => compatibleReleases([first], { folder });

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR323', where: `${first.dataset}.identity` }));
  });
});
