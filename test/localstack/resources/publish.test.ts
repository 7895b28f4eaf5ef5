import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  HeadObjectCommand,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToolchain } from '../../../bin/setup/toolchain.js';
import { publishAssets } from '../../../localstack/resources/publish.ts';
import { zipFolder } from '../../../localstack/resources/zip.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-publish-'));
  await mkdir(join(folder, 'package', 'inner'), { recursive: true });
  await writeFile(join(folder, 'package', '__init__.py'), '');
  await writeFile(join(folder, 'package', 'inner', '__init__.py'), "ANSWER = 'größer'\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('zipFolder', () => {
  it('makes what Python imports from', async () => {
    // Prepare
    const path = join(folder, '..', `${folder.split('/').at(-1)}.zip`);
    await writeFile(path, await zipFolder(folder));
    const check = [
      'import sys, zipfile',
      'print(zipfile.ZipFile(sys.argv[1]).testzip())',
      'sys.path.insert(0, sys.argv[1])',
      'from package.inner import ANSWER',
      'print(ascii(ANSWER))',
    ].join('\n');

    // Act
    const python = spawnSync(readToolchain().python, ['-c', check, path], { encoding: 'utf8' });
    await rm(path);

    // Assess
    expect(python.stderr).toBe('');
    expect(python.stdout).toBe("None\n'gr\\xf6\\xdfer'\n");
  });

  it('gives equal bytes for equal content', async () => {
    // Act
    const [one, other] = [await zipFolder(folder), await zipFolder(folder)];

    // Assess
    expect(one.equals(other)).toBe(true);
  });
});

describe('publishAssets', () => {
  it('uploads what is not there, and no jars', async () => {
    // Prepare
    const s3 = mockClient(S3Client);
    s3.on(HeadObjectCommand).rejects(new NotFound({ message: 'no', $metadata: {} }));
    s3.on(HeadObjectCommand, { Key: 'there.py' }).resolves({});
    const asset = (key: string, packaging: 'file' | 'zip', source: string) => ({
      hash: key,
      key,
      packaging,
      source,
      bucket: 'assets',
    });

    // Act
    await publishAssets(new S3Client({}), [
      asset('package.zip', 'zip', folder),
      asset('script.py', 'file', join(folder, 'package', '__init__.py')),
      asset('there.py', 'file', join(folder, 'package', '__init__.py')),
      asset('connector.jar', 'file', join(folder, 'connector.jar')),
    ]);

    // Assess
    expect(s3.commandCalls(CreateBucketCommand)).toHaveLength(1);
    const keys = s3.commandCalls(PutObjectCommand).map((call) => call.args[0].input.Key);
    expect(keys.sort()).toEqual(['package.zip', 'script.py']);
  });
});
