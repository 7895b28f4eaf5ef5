import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { nodeFile } from '../../bin/setup/node-modules.js';

function millrace(...words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(nodeFile, ['bin/command/main.ts', ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  return stdout;
}

describe('completion', () => {
  test.each([
    [['au'], ['audit']],
    [
      ['quarantine', ''],
      ['list', 'show'],
    ],
    [
      ['quarantine', 'list', '--reason', ''],
      ['unparseable', 'invalid', 'future', 'too-old', 'conflict'],
    ],
    [['doctor', '--j'], ['--json']],
  ])('of %j', (words, expected) => {
    // Act
    const lines = millrace('complete', '--', ...words).split('\n');

    // Assess: a word and its description a line, then what the shell is to do
    const offered = lines.filter((line) => /^[\w-]/.test(line)).map((line) => line.split('\t')[0]);
    expect(offered).toEqual(expect.arrayContaining(expected));
    expect(offered).not.toContain('datasets');
  });

  test.each(['bash', 'zsh', 'fish'])('a script for %s asks the command itself', (shell) => {
    // Act
    const script = millrace('completion', shell);

    // Assess
    expect(script).toContain('millrace');
    expect(script).toContain('complete --');
  });
});

test('the script is sound bash', () => {
  // Prepare
  const input = millrace('completion', 'bash');

  // Act
  const { status, stderr } = spawnSync('bash', ['-n'], { input, encoding: 'utf8' });

  // Assess
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
