import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from './scratch.ts';
import { jarsOfNothing } from './synthesised.ts';

const root = resolve(import.meta.dirname, '..', '..');

/** Runs the `app` command of cdk.json as the CDK CLI does. */
function synth(context: Record<string, unknown>, environment: Record<string, string> = {}) {
  const outdir = scratchFolder();
  const { status, stderr } = spawnSync(process.execPath, ['bin/synth.js'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      MILLRACE_JARS_AWS: jarsOfNothing(),
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      ...environment,
    },
  });
  return { status, stderr, outdir };
}

describe('bin/synth.js', () => {
  test('synthesises dev where no stage is named, without credentials', () => {
    // Prepare
    const context = {};

    // Act
    const { status, stderr, outdir } = synth(context);

    // Assess
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(readdirSync(outdir).filter((file) => file.endsWith('.template.json'))).toEqual(
      ['Alerts', 'Analytics', 'Ingest', 'Lake', 'Network', 'Process', 'Stream'].map(
        (stack) => `${stack}.template.json`,
      ),
    );
  });

  test('a stage that is none fails with its code and what is allowed', () => {
    // Prepare
    const context = { stage: 'test' };

    // Act
    const { status, stderr } = synth(context);

    // Assess
    expect(status).toBe(1);
    expect(stderr).toMatch(/^MR200: there is no stage "test"\n {2}where: .*\n {2}mend: .*dev.*prod/);
  });

  test('missing jars fail with their code and the way to them', () => {
    // Prepare
    const environment = { MILLRACE_JARS_AWS: join(tmpdir(), 'millrace-no-such-folder') };

    // Act
    const { status, stderr } = synth({}, environment);

    // Assess
    expect(status).toBe(1);
    expect(stderr).toMatch(/^MR203: .*\n.*millrace-no-such-folder\n.*npx millrace setup/);
  });
});
