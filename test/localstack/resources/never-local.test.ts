import { describe, expect, it } from 'vitest';
import { providerOf } from '../../../localstack/resources/index.ts';
import { NEVER_LOCAL, refuseForeign } from '../../../localstack/resources/never-local.ts';

describe('a resource that no local run stands for', () => {
  it.each(Object.keys(NEVER_LOCAL))('is known, and refused with what to do instead: %s', (type) => {
    // Prepare
    const steps = [
      { key: 'Lake/State', type: 'AWS::S3::Bucket' },
      { key: 'Process/Spark', type },
    ];

    // Act
    const act = () => refuseForeign(steps);

    // Assess
    expect(providerOf(type)).toBeDefined();
    expect(act).toThrow(
      expect.objectContaining({ code: 'MR822', where: `Process/Spark (${type})`, mend: expect.any(String) }),
    );
  });

  it('is none of the others', () => {
    // Act
    const act = () => refuseForeign([{ key: 'Process/Silver', type: 'AWS::Glue::Job' }]);

    // Assess
    expect(act).not.toThrow();
  });
});
