import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder, freeBytes, purgeCache } from '../../bin/setup/cache.js';
import { takeLock } from '../../bin/setup/lock.js';
import { differences } from '../../bin/setup/maven.js';

describe('cache', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cache-'));
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['/own', '/xdg', '/own'],
    ['', '/xdg', '/xdg/millrace'],
    ['', '', join(homedir(), '.cache', 'millrace')],
  ])('MILLRACE_CACHE=%j XDG_CACHE_HOME=%j is %j', (own, xdg, wanted) => {
    // Prepare
    vi.stubEnv('MILLRACE_CACHE', own);
    vi.stubEnv('XDG_CACHE_HOME', xdg);

    // Act
    const place = cacheFolder();

    // Assess
    expect(place).toBe(wanted);
  });

  it('is not purged while a set-up is under way, and whole afterwards', async () => {
    // Prepare
    vi.stubEnv('MILLRACE_CACHE', folder);
    const release = await takeLock(join(folder, 'locks', 'python'));

    // Act
    const early = () => purgeCache();

    // Assess
    expect(early).toThrow(expect.objectContaining({ code: 'MR308' }));
    release();
    purgeCache();
    expect(existsSync(folder)).toBe(false);
  });

  it('knows the free space of a folder that does not exist yet', () => {
    // Act
    const free = freeBytes(join(folder, 'not', 'there'));

    // Assess
    expect(free).toBeGreaterThan(0);
  });

  it('names jars that are missing, differ or are not listed', async () => {
    // Prepare
    mkdirSync(folder, { recursive: true });
    for (const name of ['good.jar', 'changed.jar', 'extra.jar']) writeFileSync(join(folder, name), 'content');
    const content = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73';
    const sums = `${content}  good.jar\n${'0'.repeat(64)}  changed.jar\n${content}  gone.jar\n`;

    // Act
    const found = await differences(folder, sums);

    // Assess
    expect(found).toEqual(['changed.jar differs', 'extra.jar is not listed', 'gone.jar is missing']);
  });
});
