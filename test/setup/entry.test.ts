import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../bin/setup/lock.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Stands in for npm: takes the Node.js at hand for the project's own. */
const installing = `mkdir -p node_modules/node/bin && ln -s "${process.execPath}" node_modules/node/bin/node`;

describe('bin/millrace.js', () => {
  let clone: string;
  let path: string;
  let cache: string;

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'millrace-clone-'));
    path = join(clone, 'path');
    cache = join(clone, 'cache');
    for (const folder of [
      'bin/command',
      'glue-jobs/jars',
      'localstack/services/kafka',
      'localstack/services/trino',
      'localstack/python',
      'path',
    ]) {
      mkdirSync(join(clone, folder), { recursive: true });
    }
    for (const each of [
      'bin/millrace.js',
      'bin/setup',
      'package.json',
      'package-lock.json',
      'glue-jobs/jars',
      'localstack/services/kafka/pom.xml',
      'localstack/services/kafka/SHA256SUMS',
      'localstack/services/trino/pom.xml',
      'localstack/services/trino/SHA256SUMS',
      'localstack/python/requirements.txt',
      'localstack/python/localstack.txt',
    ]) {
      cpSync(join(project, each), join(clone, each), { recursive: true });
    }
    writeFileSync(
      join(clone, 'bin/command/main.ts'),
      'const words: string[] = process.argv.slice(2); console.log(words.join(" ")); process.exitCode = 7;\n',
    );
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true, maxRetries: 3 }));

  function program(name: string, body: string): void {
    writeFileSync(join(path, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(path, name), 0o755);
  }

  const environment = () => ({ PATH: `${path}:/usr/bin:/bin`, HOME: clone, MILLRACE_CACHE: cache });

  function millrace(...words: string[]) {
    return spawnSync(process.execPath, [join(clone, 'bin/millrace.js'), ...words], {
      encoding: 'utf8',
      env: environment(),
    });
  }

  it.each([
    [['--version'], 0, `${JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).version}\n`],
    [['--help'], 0, expect.stringContaining('usage: millrace COMMAND')],
    [['nonsense'], 2, ''],
    [['cache'], 0, `${'CACHE'}\n`],
    [['cache', '--all'], 2, ''],
  ])('answers %j with nothing installed', (words, status, stdout) => {
    // Act
    const result = millrace(...words);

    // Assess
    expect(result.status).toBe(status);
    expect(result.stdout.replace(cache, 'CACHE')).toEqual(stdout);
    expect(existsSync(join(clone, 'node_modules'))).toBe(false);
  });

  it('installs what a command needs, once, and goes on with words, streams and exit code', () => {
    // Prepare
    program(
      'npm',
      `[ "$1" = --version ] && echo 11.0.0 && exit; echo call >> "${clone}/calls"; ${installing}`,
    );

    // Act
    const first = millrace('datasets', '--json', 'a word');
    const second = millrace('datasets', '--json', 'a word');

    // Assess
    expect(first.stderr).toMatch(/node_modules {2}installing .*\n.*node_modules {2}done in/);
    for (const result of [first, second]) {
      expect(result.status).toBe(7);
      expect(result.stdout).toBe('datasets --json a word\n');
    }
    expect(second.stderr).toBe('');
    expect(readFileSync(join(clone, 'calls'), 'utf8')).toBe('call\n');
  });

  it('installs again when the lock file has changed', () => {
    // Prepare
    program('npm', `[ "$1" = --version ] && echo 11.0.0 && exit; rm -rf node_modules; ${installing}`);
    millrace('datasets');
    writeFileSync(join(clone, 'package-lock.json'), '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');

    // Act
    const result = millrace('datasets');

    // Assess
    expect(result.stderr).toContain('installing');
    expect(result.status).toBe(7);
  });

  it('takes what the user installed himself', () => {
    // Prepare
    const lock = {
      packages: {
        '': {},
        'node_modules/a': { version: '1.0.0' },
        'node_modules/b': { version: '2.0.0', optional: true },
      },
    };
    writeFileSync(join(clone, 'package-lock.json'), JSON.stringify(lock));
    spawnSync('sh', ['-c', installing], { cwd: clone });
    writeFileSync(
      join(clone, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
    );

    // Act
    const result = millrace('datasets');

    // Assess
    expect(result).toMatchObject({ stderr: '', status: 7 });
  });

  it('shows the last lines of an installation that fails, with code, place and mend', () => {
    // Prepare
    program('npm', '[ "$1" = --version ] && echo 11.0.0 && exit; echo the registry is down >&2; exit 1');

    // Act
    const result = millrace('datasets');

    // Assess
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(
      / {2}\| the registry is down\nMR302: npm ended with 1\n {2}where: .*\n {2}mend: /,
    );
    expect(result.stdout).toBe('');
  });

  it('names what is missing before it starts anything', () => {
    // Prepare
    program('npm', '[ "$1" = --version ] && echo 9.8.7');

    // Act
    const result = millrace('datasets');

    // Assess
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^MR301: missing on this machine: npm 10 or later \(9\.8\.7\)/);
  });

  it('when it is ended, ends what it started and holds no lock', async () => {
    // Prepare
    program('npm', `[ "$1" = --version ] && echo 11.0.0 && exit; echo $$ > "${clone}/pid"; exec sleep 60`);
    const child = spawn(process.execPath, [join(clone, 'bin/millrace.js'), 'datasets'], {
      env: environment(),
    });
    const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
    while (!existsSync(join(clone, 'pid')) || readFileSync(join(clone, 'pid'), 'utf8') === '')
      await sleep(20);

    // Act
    child.kill('SIGTERM');
    const code = await ended;

    // Assess
    expect(code).toBe(143);
    const npm = Number(readFileSync(join(clone, 'pid'), 'utf8'));
    await expect.poll(() => isAlive(npm)).toBe(false);
    expect(spawnSync('ls', [join(cache, 'locks')], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('passes a signal on to the command, and its exit code back', async () => {
    // Prepare
    spawnSync('sh', ['-c', installing], { cwd: clone });
    program('npm', `[ "$1" = --version ] && echo 11.0.0 && exit; exit 0`);
    writeFileSync(
      join(clone, 'bin/command/main.ts'),
      "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('ready');\n",
    );
    const child = spawn(process.execPath, [join(clone, 'bin/millrace.js'), 'datasets'], {
      env: environment(),
    });
    const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
    await new Promise((resolve) => child.stdout.once('data', resolve));

    // Act
    child.kill('SIGTERM');

    // Assess
    expect(await ended).toBe(5);
  });

  it('doctor says what is missing and how to get it, and fails', () => {
    // Prepare
    program('go', 'echo go version go1.19.8 linux/amd64');
    program('npm', 'echo 11.0.0');

    // Act
    const text = millrace('doctor');
    const json = millrace('doctor', '--json');

    // Assess
    expect(text.status).toBe(1);
    expect(text.stdout).toMatch(/MISSING {2}Go +needs 1\.24 or later +1\.19\.8\n/);
    expect(text.stdout).toContain('brew install go');
    const found = JSON.parse(json.stdout);
    expect(json.status).toBe(1);
    expect(found).toMatchObject({ ok: false, cache });
    expect(found.checks).toContainEqual(expect.objectContaining({ name: 'npm', ok: true, found: '11.0.0' }));
    expect(found.parts).toContainEqual({ name: 'minio', ready: false, place: '', optional: false });
  });
});
