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

  it('of templates that are not there are unknown', async () => {
    // Act
    const inputs = await inputsOf('/nowhere');

    // Assess
    expect(inputs).toBe('');
  });
});
