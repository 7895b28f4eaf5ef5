import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type EmrSettings,
  heapMiB,
  initialCapacity,
  maximumCapacity,
  sizeSettings,
} from '../../lib/constructs/emr-workers.ts';

const settings: EmrSettings = {
  kind: 'emr-serverless',
  workerVcpus: 4,
  workerMemoryGiB: 16,
  executors: 3,
  mostVcpus: 30,
  warmWorkers: 0,
};

describe('workers of EMR Serverless', () => {
  test('a heap and what Spark keeps beside it fill the worker, and no more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 120 }), (memoryGiB) => {
        // Prepare, Act
        const heap = heapMiB(memoryGiB);
        const whole = heap + Math.max(384, heap * 0.1);

        // Assess
        expect(whole).toBeLessThanOrEqual(memoryGiB * 1024);
        expect(whole).toBeGreaterThan(memoryGiB * 1024 - 2);
      }),
    );
  });

  test('the application is bounded by whole workers', () => {
    // Prepare, Act
    const capacity = maximumCapacity(settings);

    // Assess
    expect(capacity).toEqual({ cpu: '28 vCPU', memory: '112 GB', disk: '140 GB' });
  });

  test.each([
    [0, []],
    [1, [['Driver', 1]]],
    [
      3,
      [
        ['Driver', 1],
        ['Executor', 2],
      ],
    ],
  ])('%i warm workers', (warmWorkers, expected) => {
    // Prepare, Act
    const kept = initialCapacity({ ...settings, warmWorkers });

    // Assess
    expect(kept.map(({ key, value }) => [key, value.workerCount])).toEqual(expected);
    for (const { value } of kept)
      expect(value.workerConfiguration).toEqual({ cpu: '4 vCPU', memory: '16 GB', disk: '20 GB' });
  });

  test('a run is as large as its workers', () => {
    // Prepare, Act
    const size = sizeSettings(settings);

    // Assess
    expect(size).toMatchObject({
      'spark.driver.cores': '4',
      'spark.executor.memory': `${heapMiB(16)}m`,
      'spark.dynamicAllocation.maxExecutors': '3',
    });
  });
});
