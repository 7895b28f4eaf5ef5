import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findJava, trinoJavaMajors } from '../../bin/setup/java.js';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'millrace-java-'));
  mkdirSync(join(home, 'bin'));
  writeFileSync(join(home, 'bin', 'java'), '');
  vi.stubEnv('JAVA_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

it.each([
  ['17.0.15', true, false],
  ['21.0.2', true, false],
  ['24.0.1', false, true],
  ['25.0.3', false, true],
  ['11.0.2', false, false],
])('a Java %s is for Spark: %s, for Trino: %s', (version, spark, trino) => {
  // Prepare
  writeFileSync(join(home, 'release'), `JAVA_VERSION="${version}"\n`);

  // Act
  const found = [findJava(), findJava(trinoJavaMajors)];

  // Assess
  expect(found.map((java) => java?.home === home)).toEqual([spark, trino]);
});
