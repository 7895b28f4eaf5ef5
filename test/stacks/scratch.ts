import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

// Assemblies hold copies of every asset, so none may outlive the tests that made it.
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is gone when the test file has run. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  folders.push(folder);
  return folder;
}
