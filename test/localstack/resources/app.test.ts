import { describe, expect, it } from 'vitest';
import { providerOf } from '../../../localstack/resources/index.ts';
import { readAssembly } from '../../../localstack/template/assembly.ts';
import { makePlan } from '../../../localstack/template/plan.ts';
import { synthesised } from '../../stacks/synthesised.ts';

const pseudo = {
  region: 'us-east-1',
  account: '123456789012',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
  zones: ['a', 'b', 'c'],
};

describe.each(['dev', 'prod'] as const)('the app of stage %s', (stage) => {
  it('has no resource that the mirror does not know', async () => {
    // Prepare
    const { assembly } = await synthesised(stage);

    // Act
    const { steps } = makePlan(
      await readAssembly(assembly),
      pseudo,
      (type) => providerOf(type) !== undefined,
    );

    // Assess
    expect(steps.length).toBeGreaterThan(30);
  });
});
