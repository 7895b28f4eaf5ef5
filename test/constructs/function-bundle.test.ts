import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleFunction } from '../../lib/constructs/function-bundle.ts';
import { scratchFolder } from '../stacks/scratch.ts';

function bundle(): string {
  const app = new App({ outdir: scratchFolder() });
  return bundleFunction(new Stack(app, 'Any'), {
    entry: 'lambdas/land/index.ts',
    folder: ['any', 'land'],
    files: { 'manifest.json': '{}\n' },
  });
}

describe('a bundled function', () => {
  let folder: string;
  beforeAll(() => {
    folder = bundle();
  });

  test('is one module and the files beside it', () => {
    // Prepare, Act
    const files = readdirSync(folder).sort();

    // Assess
    expect(files).toEqual(['index.mjs', 'manifest.json']);
  });

  test('has the same bytes wherever it is made, and no path of this machine', () => {
    // Prepare
    const first = readFileSync(join(folder, 'index.mjs'), 'utf8');

    // Act
    const second = readFileSync(join(bundle(), 'index.mjs'), 'utf8');

    // Assess
    expect(second).toBe(first);
    expect(first).not.toContain(process.cwd());
  });

  test('needs nothing beside itself: CommonJS packages inside find their require', () => {
    // Prepare
    const entry = pathToFileURL(join(folder, 'index.mjs')).href;
    const script = `await import(${JSON.stringify(entry)}).then(() => {}, (error) => { console.log(error.code ?? error.message); });`;

    // Act
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });

    // Assess: it loads as far as its own settings, which are not there.
    expect(stdout.trim()).toBe('MR801');
    expect(status).toBe(0);
  });
});
