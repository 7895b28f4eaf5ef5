import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { asDiskFull, demandSpace } from '../../localstack/disk-space.ts';

test('a disk with too little room is refused by a code, before anything starts', async () => {
  // Prepare
  const more = Number.MAX_SAFE_INTEGER;

  // Act
  const refused = demandSpace(tmpdir(), more);

  // Assess
  await expect(refused).rejects.toMatchObject({ code: 'MR424', where: tmpdir() });
  await expect(demandSpace(tmpdir(), 1)).resolves.toBeUndefined();
});

test('a write that finds the disk full becomes a coded error, any other does not', () => {
  // Prepare
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC', path: '/somewhere/file' });

  // Act
  const coded = asDiskFull(full);

  // Assess
  expect(coded).toMatchObject({ code: 'MR424', where: '/somewhere/file' });
  expect(asDiskFull(new Error('other'))).toBeUndefined();
});
