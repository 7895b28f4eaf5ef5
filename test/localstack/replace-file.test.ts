import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replaceFile } from '../../localstack/replace-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-replace-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a file is replaced, with the permissions asked for, and nothing is left beside it', async () => {
  // Prepare
  const path = join(folder, 'state.json');
  await replaceFile(path, 'old');

  // Act
  await replaceFile(path, 'new', { mode: 0o600 });

  // Assess
  expect(await readFile(path, 'utf8')).toBe('new');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('what cannot be put in place is told, and leaves nothing beside it', async () => {
  // Prepare: a folder that is not empty is replaced by no file
  const place = join(folder, 'taken');
  await mkdir(join(place, 'inside'), { recursive: true });

  // Act
  const replacing = replaceFile(place, 'new');

  // Assess
  await expect(replacing).rejects.toMatchObject({ code: 'EISDIR' });
  expect((await readdir(folder)).filter((name) => name.startsWith('taken'))).toEqual(['taken']);
});
