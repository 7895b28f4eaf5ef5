import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cutBatch,
  dueIn,
  enqueue,
  isFull,
  laneOf,
  payloadLimit,
  takeBatch,
} from '../../../localstack/lambda/lane.ts';
import { encodeEvent } from '../../../localstack/lambda/record.ts';
import { polled, source } from './polled.ts';

describe('cutBatch', () => {
  it('takes no more than the batch size, partition by partition', () => {
    // Prepare
    const queues = ['t-0', 't-1', 't-2'].map((name) => [0, 1, 2].map((offset) => polled(name, offset)));

    // Act
    const counts = cutBatch(queues, source, { batchSize: 5 });

    // Assess
    expect(counts).toEqual([3, 2, 0]);
  });

  it('cuts at 6 MB, and lets a record that is larger go alone', () => {
    // Prepare
    const queue = [
      polled('t-0', 0, 7_000_000),
      polled('t-0', 1, 4_000_000),
      polled('t-0', 2, 2_000_000),
      polled('t-0', 3, 1_000_000),
    ];

    // Act
    const counts = [0, 1, 3].map((from) => cutBatch([queue.slice(from)], source, { batchSize: 100 })[0]);

    // Assess
    expect(counts).toEqual([1, 2, 1]);
    expect(payloadLimit).toBe(6_291_456);
  });

  it('fills an event up to the limit and never beyond', () => {
    const queues = fc.array(fc.array(fc.integer({ min: 50, max: 400 }), { maxLength: 12 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        queues,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 300, max: 2_000 }),
        (drawn, batchSize, payloadBytes) => {
          // Prepare
          const records = drawn.map((sizes, index) =>
            sizes.map((size, offset) => polled(`t-${index}`, offset, size)),
          );

          // Act
          const counts = cutBatch(records, source, { batchSize, payloadBytes });

          // Assess
          const taken = records.flatMap((queue, index) => queue.slice(0, counts[index]));
          expect(taken.length).toBeLessThanOrEqual(batchSize);
          expect(taken.length > 0).toBe(records.flat().length > 0);
          if (taken.length > 1) expect(encodeEvent(source, taken).length).toBeLessThanOrEqual(payloadBytes);
        },
      ),
    );
  });
});

describe('lanes', () => {
  const filled = (partition: number, count: number, at: number): ReturnType<typeof laneOf> => {
    const lane = laneOf('t', partition);
    enqueue(
      lane,
      Array.from({ length: count }, (_, offset) => polled(`t-${partition}`, offset)),
      at,
    );
    return lane;
  };

  it('are due when a batch is full, or its window has passed since the oldest record came', () => {
    // Prepare
    const lanes = [filled(0, 2, 1_000), filled(1, 2, 900)];

    // Act
    const waits = [
      dueIn(lanes, { batchSize: 4 }, 500, 1_000),
      dueIn(lanes, { batchSize: 5 }, 500, 1_000),
      dueIn(lanes, { batchSize: 5 }, 500, 2_000),
      dueIn(lanes, { batchSize: 5, payloadBytes: 240 }, 500, 1_000),
      dueIn([laneOf('t', 0)], { batchSize: 1 }, 500, 1_000),
    ];

    // Assess
    expect(waits).toEqual([0, 400, 0, 0, Number.POSITIVE_INFINITY]);
  });

  it('give the longest waiting first, and none of a partition whose batch is on its way', () => {
    // Prepare
    const lanes = [filled(0, 2, 1_000), filled(1, 2, 900), { ...filled(2, 2, 800), busy: true }];

    // Act
    const batch = takeBatch(lanes, source, { batchSize: 3 });

    // Assess
    expect(batch.map(({ partition, offset }) => `${partition}@${offset}`)).toEqual([
      't-1@0',
      't-1@1',
      't-0@0',
    ]);
    expect(lanes.map(({ busy }) => busy)).toEqual([true, true, true]);
    expect(lanes.map(({ queue, queuedBytes }) => [queue.length, queuedBytes])).toEqual([
      [1, 60],
      [0, 0],
      [2, 120],
    ]);
  });

  it.each([
    [19, 1_000_000, false],
    [20, 1_000_000, true],
    [2, 60, true],
  ])('with %i records and %i bytes to a batch are full: %s', (count, payloadBytes, full) => {
    // Prepare
    const lane = filled(0, count, 0);

    // Act
    const answer = isFull(lane, { batchSize: 10, payloadBytes });

    // Assess
    expect(answer).toBe(full);
  });
});
