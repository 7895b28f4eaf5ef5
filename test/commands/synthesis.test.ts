import { describe, expect, it } from 'vitest';
import { inputHash, inputsOf } from '../../bin/command/synthesis.ts';

describe('inputs of the templates', () => {
  it('are the same from one look to the next, and others for another stage', async () => {
    // Act
    const [dev, again, prod] = await Promise.all([inputHash('dev'), inputHash('dev'), inputHash('prod')]);

    // Assess
    expect(dev).toMatch(/^[0-9a-f]{64}$/);
    expect(again).toBe(dev);
    expect(prod).not.toBe(dev);
  });

  it('are others for each choice of datasets', async () => {
    // Act
    const hashes = await Promise.all(
      [[], ['one'], ['two'], ['one', 'two'], ['one', 'two']].map((datasets) => inputHash('dev', datasets)),
    );

    // Assess
    expect(new Set(hashes).size).toBe(4);
    expect(hashes[4]).toBe(hashes[3]);
    expect(hashes[0]).toBe(await inputHash('dev'));
  });

  it('of templates that are not there are unknown', async () => {
    // Act
    const inputs = await inputsOf('/nowhere');

    // Assess
    expect(inputs).toBe('');
  });
});
