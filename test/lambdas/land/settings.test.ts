import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../lambdas/land/settings.ts';

const environment = {
  DATASET: 'readings',
  BRONZE_BUCKET: 'b',
  QUARANTINE_BUCKET: 'q',
  LAMBDA_TASK_ROOT: '/task',
};

describe('readSettings', () => {
  it('reads the environment, with its defaults', () => {
    // Prepare, Act
    const settings = readSettings(environment);

    // Assess
    expect(settings).toEqual({
      dataset: 'readings',
      bronze: { bucket: 'b', prefix: '' },
      quarantine: { bucket: 'q', prefix: '' },
      manifestPath: '/task/manifest.json',
    });
  });

  it.each(['DATASET', 'BRONZE_BUCKET', 'QUARANTINE_BUCKET'])('refuses to start without %s', (name) => {
    // Prepare
    const lacking = { ...environment, [name]: undefined };

    // Act
    const read = (): unknown => readSettings(lacking);

    // Assess
    expect(read).toThrow(expect.objectContaining({ code: 'MR801', message: expect.stringContaining(name) }));
  });
});
