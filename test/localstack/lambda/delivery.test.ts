import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterDiscard,
  afterInvoke,
  type Delivery,
  deliveryOf,
  lowestLeft,
  nextStep,
  type Outcome,
  type Position,
  type RetrySettings,
  retryLimit,
} from '../../../localstack/lambda/delivery.ts';

const now = 1_000_000_000;
const plain: RetrySettings = {
  bisect: false,
  maximumRetryAttempts: 2,
  maximumRecordAgeSeconds: -1,
  partialResponses: true,
  hasDestination: true,
};
const positions = (count: number, partition = 't-0', timestamp = now): Position[] =>
  Array.from({ length: count }, (_, offset) => ({ partition, offset, timestamp }));

interface Trace {
  /** Offsets of each invocation. */
  readonly sent: number[][];
  readonly waits: number[];
  readonly discarded: { condition: string; offsets: number[]; invocations: number }[];
}

/** Plays a delivery to its end; `answer` gives the outcome of each invocation. */
function play(
  records: readonly Position[],
  settings: RetrySettings,
  answer: (sent: readonly Position[]) => Outcome,
): Trace {
  const trace: Trace = { sent: [], waits: [], discarded: [] };
  let delivery = deliveryOf(records);
  for (;;) {
    const next = nextStep(delivery, settings, now);
    const { step } = next;
    if (step.kind === 'done') return trace;
    const offsets = step.records.map(({ offset }) => offset);
    if (step.kind === 'discard') {
      trace.discarded.push({ condition: step.condition, offsets, invocations: step.invocations });
      delivery = afterDiscard(next.delivery);
    } else {
      trace.sent.push(offsets);
      trace.waits.push(step.waitMs);
      delivery = afterInvoke(next.delivery, settings, answer(step.records));
    }
  }
}

describe('a delivery', () => {
  it('is done after one success', () => {
    // Prepare, Act
    const trace = play(positions(3), plain, () => 'success');

    // Assess
    expect(trace).toEqual({ sent: [[0, 1, 2]], waits: [0], discarded: [] });
  });

  it('has nothing to do without records', () => {
    // Prepare, Act
    const trace = play([], plain, () => 'error');

    // Assess
    expect(trace.sent).toEqual([]);
  });

  it('is sent again, waiting longer each time, and discarded once its retries are used up', () => {
    // Prepare, Act
    const trace = play(positions(2), { ...plain, maximumRetryAttempts: 3 }, () => 'error');

    // Assess
    expect(trace.sent).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(trace.waits).toEqual([0, 200, 400, 800]);
    expect(trace.discarded).toEqual([
      { condition: 'RetryAttemptsExhausted', offsets: [0, 1], invocations: 4 },
    ]);
  });

  it('waits at most ten seconds', () => {
    // Prepare, Act
    const trace = play(positions(1), { ...plain, maximumRetryAttempts: 40 }, () => 'error');

    // Assess
    expect(Math.max(...trace.waits)).toBe(10_000);
  });

  it('isolates one bad record by bisecting, in order, without a split counting as a retry', () => {
    // Prepare
    const bad = 5;

    // Act
    const trace = play(positions(8), { ...plain, bisect: true, maximumRetryAttempts: 1 }, (sent) =>
      sent.some(({ offset }) => offset === bad) ? 'error' : 'success',
    );

    // Assess
    expect(trace.sent).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [4, 5],
      [4],
      [5],
      [5],
      [6, 7],
    ]);
    expect(trace.discarded).toEqual([{ condition: 'RetryAttemptsExhausted', offsets: [5], invocations: 5 }]);
  });

  it('goes on from the lowest failed offset of each partition, the others being done', () => {
    // Prepare
    const records = [...positions(4, 't-0'), ...positions(3, 't-1'), ...positions(2, 't-2')];
    const outcomes: Outcome[] = [
      new Map([
        ['t-0', 2],
        ['t-2', 0],
      ]),
      new Map([['t-2', 1]]),
      'success',
    ];
    const sent: string[][] = [];

    // Act
    const trace = play(records, plain, (positionsSent) => {
      sent.push(positionsSent.map(({ partition, offset }) => `${partition}@${offset}`));
      return outcomes[sent.length - 1] ?? 'error';
    });

    // Assess
    expect(sent.slice(1)).toEqual([['t-0@2', 't-0@3', 't-2@0', 't-2@1'], ['t-2@1']]);
    expect(trace.discarded).toEqual([]);
  });

  it('counts a partial failure as a retry, unless it bisects there', () => {
    // Prepare
    const answer = (sent: readonly Position[]): Outcome =>
      new Map([['t-0', Math.min(4, sent.at(-1)?.offset ?? 0)]]);

    // Act
    const counted = play(positions(6), { ...plain, maximumRetryAttempts: 0 }, answer);
    const cut = play(positions(6), { ...plain, maximumRetryAttempts: 0, bisect: true }, answer);

    // Assess
    expect(counted.sent).toEqual([[0, 1, 2, 3, 4, 5]]);
    expect(counted.discarded).toMatchObject([{ offsets: [4, 5] }]);
    expect(cut.sent).toEqual([[0, 1, 2, 3, 4, 5], [4, 5], [4], [5]]);
    expect(cut.discarded).toMatchObject([{ offsets: [4] }, { offsets: [5] }]);
  });

  it('discards what is past its maximum age instead of sending it', () => {
    // Prepare
    const records = [
      ...positions(2, 't-0', now - 61_000),
      { partition: 't-0', offset: 2, timestamp: now - 60_000 },
    ];

    // Act
    const trace = play(records, { ...plain, maximumRecordAgeSeconds: 60 }, () => 'success');

    // Assess
    expect(trace.discarded).toEqual([{ condition: 'RecordAgeExceeded', offsets: [0, 1], invocations: 0 }]);
    expect(trace.sent).toEqual([[2]]);
  });

  it.each([
    [-1, true, 10],
    [-1, false, Number.POSITIVE_INFINITY],
    [10_000, true, 10_000],
    [0, false, 0],
  ])(
    'with %i retries and destination %s is sent again %d times',
    (maximumRetryAttempts, hasDestination, limit) => {
      // Prepare
      const settings = { ...plain, maximumRetryAttempts, hasDestination };

      // Act
      const times = retryLimit(settings);

      // Assess
      expect(times).toBe(limit);
    },
  );
});

describe('any delivery', () => {
  const records = fc
    .array(
      fc.record({
        partition: fc.constantFrom('t-0', 't-1', 't-2'),
        gap: fc.integer({ min: 1, max: 3 }),
        old: fc.boolean(),
      }),
      {
        maxLength: 40,
      },
    )
    .map((drawn) => {
      const next = new Map<string, number>();
      return drawn.map(({ partition, gap, old }): Position => {
        const offset = (next.get(partition) ?? -1) + gap;
        next.set(partition, offset);
        return { partition, offset, timestamp: old ? now - 1_000_000 : now };
      });
    });
  const settings = fc.record({
    bisect: fc.boolean(),
    maximumRetryAttempts: fc.integer({ min: -1, max: 3 }),
    maximumRecordAgeSeconds: fc.constantFrom(-1, 60),
    partialResponses: fc.constant(true),
    hasDestination: fc.constant(true),
  });
  const answers = fc.infiniteStream(fc.tuple(fc.constantFrom('success', 'error', 'partial'), fc.nat()));

  const draw = (sent: readonly Position[], [kind, number]: [string, number]): Outcome => {
    if (kind !== 'partial') return kind as Outcome;
    const at = sent[number % sent.length];
    return at === undefined ? 'success' : new Map([[at.partition, at.offset]]);
  };

  it('handles every record exactly once, commits nothing unhandled, and keeps the order of partitions', () => {
    fc.assert(
      fc.property(records, settings, answers, (batch, chosen, stream) => {
        // Prepare
        const handled: Position[] = [];
        const left = (delivery: Delivery<Position>): Position[] =>
          delivery.pieces.flatMap((piece) => piece.records);
        let delivery = deliveryOf(batch);

        // Act
        for (let steps = 0; ; steps += 1) {
          expect(steps).toBeLessThan(2_000);
          const next = nextStep(delivery, chosen, now);
          if (next.step.kind === 'done') break;
          const before = left(next.delivery);
          delivery =
            next.step.kind === 'discard'
              ? afterDiscard(next.delivery)
              : afterInvoke(next.delivery, chosen, draw(next.step.records, stream.next().value));
          const after = new Set(left(delivery));
          handled.push(...before.filter((position) => !after.has(position)));

          // Assess: what is left was there before, and none of it lies before the offset to commit
          expect(left(delivery).every((position) => before.includes(position))).toBe(true);
          const lowest = lowestLeft(delivery);
          for (const { partition, offset } of left(delivery)) {
            expect(offset).toBeGreaterThanOrEqual(lowest.get(partition) ?? Number.POSITIVE_INFINITY);
          }
        }

        // Assess
        expect(handled).toHaveLength(batch.length);
        expect(new Set(handled)).toEqual(new Set(batch));
        if (chosen.maximumRecordAgeSeconds < 0) {
          for (const partition of ['t-0', 't-1', 't-2']) {
            const offsets = handled.filter((one) => one.partition === partition).map(({ offset }) => offset);
            expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
