import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kafkaTimestamp, planBatch } from '../../../lambdas/land/plan.ts';
import { eventOf, kafkaTime, record } from './readings.ts';

describe('planBatch', () => {
  it('names an object by hour, topic partition, first and last offset', () => {
    // Prepare
    const event = eventOf({ 'readings-0': [record(7), record(8), record(12)] });

    // Act
    const plans = planBatch(event);

    // Assess
    expect(plans).toHaveLength(1);
    expect(plans[0]).toMatchObject({ partition: 'readings-0', lowestOffset: 7 });
    expect(plans[0]?.objects.map(({ key }) => key)).toEqual([
      'date=2026-03-01/hour=10/readings-0-00000000000000000007-00000000000000000012.parquet',
    ]);
  });

  it('makes one object an hour, also where times go back', () => {
    // Prepare
    const hour = 3_600_000;
    const event = eventOf({
      'readings-0': [record(1), record(2, { timestamp: kafkaTime + hour }), record(3)],
    });

    // Act
    const [plan] = planBatch(event);

    // Assess
    expect(plan?.objects.map(({ key, records }) => [key, records.map(({ offset }) => offset)])).toEqual([
      ['date=2026-03-01/hour=10/readings-0-00000000000000000001-00000000000000000003.parquet', [1, 3]],
      ['date=2026-03-01/hour=11/readings-0-00000000000000000002-00000000000000000002.parquet', [2]],
    ]);
  });

  it('has nothing to write for a partition without records', () => {
    // Prepare
    const event = eventOf({ 'readings-0': [], 'readings-1': [record(0)] });

    // Act
    const plans = planBatch(event);

    // Assess
    expect(plans.map(({ partition }) => partition)).toEqual(['readings-1']);
  });

  it('puts every record in exactly one object, and asks for the same keys again for the same records', () => {
    const records = fc.array(
      fc.record({ partition: fc.nat(3), gap: fc.integer({ min: 1, max: 5 }), timestamp: fc.double() }),
      { maxLength: 50 },
    );
    fc.assert(
      fc.property(records, (drawn) => {
        // Prepare
        const next = [0, 0, 0, 0];
        const all = drawn.map(({ partition, gap, timestamp }) => {
          next[partition] = (next[partition] ?? 0) + gap;
          return record(next[partition], { partition, timestamp });
        });
        const grouped = Object.groupBy(all, ({ partition }) => `readings-${partition}`) as Record<
          string,
          typeof all
        >;

        // Act
        const plans = planBatch(eventOf(grouped));
        const again = planBatch(eventOf(structuredClone(grouped)));

        // Assess
        const objects = plans.flatMap((plan) => plan.objects);
        expect(objects.flatMap((object) => object.records)).toHaveLength(all.length);
        expect(new Set(objects.map(({ key }) => key)).size).toBe(objects.length);
        expect(again.flatMap((plan) => plan.objects.map(({ key }) => key))).toEqual(
          objects.map(({ key }) => key),
        );
        for (const { key } of objects) {
          expect(key).toMatch(/^date=\d{4}-\d\d-\d\d\/hour=\d\d\/readings-\d-\d{20}-\d{20}\.parquet$/);
        }
      }),
    );
  });
});

describe('kafkaTimestamp', () => {
  it.each([
    [kafkaTime, kafkaTime],
    [-1, 0],
    [Number.NaN, 0],
    [1e300, 253_402_300_799_999],
  ])('holds %d to what a key and a table can hold', (timestamp, held) => {
    // Prepare
    const odd = record(0, { timestamp });

    // Act
    const milliseconds = kafkaTimestamp(odd);

    // Assess
    expect(milliseconds).toBe(held);
  });
});
