import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAssembly } from '../../../localstack/template/assembly.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-assembly-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('readAssembly', () => {
  it('reads what CDK writes: stacks in order, templates, assets', async () => {
    // Prepare
    const app = new App({ outdir: join(folder, 'cdk.out') });
    const second = new Stack(app, 'Second', { stackName: 'app-second' });
    const first = new Stack(app, 'First');
    second.addStackDependency(first);
    new Bucket(first, 'Data');
    new Bucket(second, 'More');
    new Asset(second, 'Folder', { path: import.meta.dirname });
    new Asset(second, 'File', { path: import.meta.filename });
    app.synth();

    // Act
    const assembly = await readAssembly(join(folder, 'cdk.out'));

    // Assess
    expect(assembly.stacks.map(({ id, name, dependencies }) => ({ id, name, dependencies }))).toEqual([
      { id: 'First', name: 'First', dependencies: [] },
      { id: 'Second', name: 'app-second', dependencies: ['First'] },
    ]);
    expect(
      Object.values(assembly.stacks[0]?.template.Resources ?? {}).map((resource) => resource.Type),
    ).toContain('AWS::S3::Bucket');
    expect(assembly.assets.map((asset) => asset.packaging).sort()).toEqual(['file', 'zip']);
    expect(assembly.assets[0]).toMatchObject({
      bucket: expect.stringMatching(/^cdk-\w+-assets-\$\{AWS::AccountId\}-\$\{AWS::Region\}$/),
      key: expect.stringMatching(/^[0-9a-f]{64}\./),
    });
  });

  it('says how to get what is not there', async () => {
    // Act
    const act = readAssembly(join(folder, 'nothing'));

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR400', mend: expect.stringContaining('cdk synth') });
  });

  it('names a broken file', async () => {
    // Prepare
    await writeFile(join(folder, 'manifest.json'), '{ "artifacts": ');

    // Act
    const act = readAssembly(folder);

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR401', where: join(folder, 'manifest.json') });
  });
});
