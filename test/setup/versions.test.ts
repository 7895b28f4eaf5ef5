import { describe, expect, it } from 'vitest';
import { isAtLeast, versionIn } from '../../bin/setup/versions.js';

describe('version', () => {
  it.each([
    ['go version go1.26.8 linux/amd64', [1, 26, 8]],
    ['Apache Maven 3.8.7 (abc)', [3, 8, 7]],
    ['11.19.1\n', [11, 19, 1]],
    ['go version go1.24 darwin/arm64', [1, 24, 0]],
    ['not found', undefined],
  ])('of %j is %j', (text, wanted) => {
    // Act
    const version = versionIn(text);

    // Assess
    expect(version).toEqual(wanted);
  });

  it.each([
    [[3, 11, 0], [3, 11], true],
    [[3, 9, 18], [3, 11], false],
    [[4, 0, 0], [3, 8], true],
    [[19, 99, 0], [20], false],
  ] as const)('%j at least %j: %s', (found, needed, wanted) => {
    // Act
    const enough = isAtLeast([...found], [...needed]);

    // Assess
    expect(enough).toBe(wanted);
  });
});
