import { describe, expect, test } from 'vitest';
import type { KafkaView } from '../../../lambdas/audit/kafka.ts';
import {
  positionsBetween,
  type Span,
  withinArchive,
  withinTopic,
  withSlack,
} from '../../../lambdas/audit/range.ts';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const at = (hours: number) => new Date(START + hours * HOUR_MS).toISOString();

/** A broker that took a record an hour, and has forgotten those below `low`. */
function broker(low: number, high: number): KafkaView {
  return {
    offsetsAt: async (_topic: string, atMs: number) => {
      const first = Math.ceil((atMs - START) / HOUR_MS);
      return new Map([[0, Math.min(high, Math.max(low, first))]]);
    },
  } as unknown as KafkaView;
}

/** The offsets from `first` to `last`. */
const run = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** @param bronze its offsets, of a record an hour */
async function between(
  low: number,
  high: number,
  times: { from?: string; to?: string },
  bronze: readonly number[] = [],
) {
  const asked: unknown[] = [];
  const offsets = { low: new Map([[0, low]]), high: new Map([[0, high]]) };
  const span: Span = async (some, below) => {
    asked.push(some);
    const found = bronze.filter(
      (offset) =>
        offset < (below.get(0) ?? 0) &&
        at(offset) >= (some.from ?? '') &&
        (some.to === undefined || at(offset) < some.to),
    );
    return found.length === 0 ? [] : [{ partition: 0, first: Math.min(...found), last: Math.max(...found) }];
  };
  const { first, end } = await positionsBetween(broker(low, high), 'topic', times, offsets, span);
  return { first: first.get(0), end: end.get(0), asked: asked.length };
}

describe('positions between two instants', () => {
  test('are what the broker says, from included, to excluded', async () => {
    // Act
    const found = await between(0, 100, { from: at(10), to: at(20) });

    // Assess
    expect(found).toEqual({ first: 10, end: 20, asked: 0 });
  });

  test('go to an end where none is named', async () => {
    // Act
    const [since, until] = [await between(5, 100, { from: at(10) }), await between(0, 100, { to: at(10) })];

    // Assess
    expect(since).toEqual({ first: 10, end: 100, asked: 0 });
    expect(until).toEqual({ first: 0, end: 10, asked: 0 });
  });

  test('begin where bronze has them when Kafka has forgotten their begin', async () => {
    // Act
    const found = await between(15, 100, { from: at(10), to: at(20) }, run(0, 14));

    // Assess
    expect(found).toMatchObject({ first: 10, end: 20 });
  });

  test('end where bronze goes on when Kafka has forgotten all of them', async () => {
    // Act
    const found = await between(50, 100, { from: at(10), to: at(20) }, run(0, 49));

    // Assess
    expect(found).toMatchObject({ first: 10, end: 20 });
  });

  test('hold what neither Kafka nor bronze has, before, within and after', async () => {
    // Act
    const [before, after, within, all] = [
      await between(50, 100, { from: at(10), to: at(20) }, [...run(0, 7), ...run(15, 49)]),
      await between(50, 100, { from: at(10), to: at(20) }, [...run(0, 15), ...run(30, 49)]),
      await between(50, 100, { from: at(10), to: at(20) }, [...run(0, 12), ...run(17, 49)]),
      await between(50, 100, { from: at(10), to: at(20) }, [...run(0, 4), ...run(40, 49)]),
    ];

    // Assess
    expect(before).toMatchObject({ first: 8, end: 20 });
    expect(after).toMatchObject({ first: 10, end: 30 });
    expect(within).toMatchObject({ first: 10, end: 20 });
    expect(all).toMatchObject({ first: 5, end: 40 });
  });

  test('go to what Kafka still has where bronze names none after them', async () => {
    // Act
    const found = await between(50, 100, { from: at(10), to: at(20) }, run(0, 12));

    // Assess
    expect(found).toMatchObject({ first: 10, end: 50 });
  });

  test('ask no more of bronze than the days around them where the next record is near', async () => {
    // Act
    const [near, far] = [
      await between(500, 900, { from: at(200), to: at(220) }, run(0, 499)),
      await between(5_000, 9_000, { from: at(2_000), to: at(2_020) }, [0, 4_999]),
    ];

    // Assess
    expect(near.asked).toBe(3);
    expect(far).toEqual({ first: 1, end: 4_999, asked: 7 });
  });

  test('are none where nobody has any', async () => {
    // Act
    const [forgotten, future] = [
      await between(50, 100, { from: at(10), to: at(20) }),
      await between(0, 100, { from: at(200), to: at(300) }),
    ];

    // Assess
    expect((forgotten.end ?? 0) - (forgotten.first ?? 0)).toBe(0);
    expect(future).toEqual({ first: 100, end: 100, asked: 0 });
  });

  test('may have times a little outside, where a clock was set back', () => {
    // Act
    const times = withSlack({ from: at(10), to: at(20) });

    // Assess
    expect(times).toEqual({ from: '2026-01-01T09:50:00.000Z', to: '2026-01-01T20:10:00.000Z' });
  });
});

describe('the times of which bronze still has everything', () => {
  const now = Date.parse('2026-03-10T08:00:00.000Z');
  const begin = '2026-03-09T00:00:00.000Z';
  const [old, late] = ['2026-03-01T00:00:00.000Z', '2026-03-10T00:00:00.000Z'];

  test.each([
    [undefined, { from: begin }],
    [{ from: old }, { from: begin }],
    [{ from: late }, { from: late }],
    [{ to: late }, { from: begin, to: late }],
    [
      { from: old, to: '2026-03-02T00:00:00.000Z' },
      { from: '2026-03-02T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' },
    ],
  ])('of %j are %j', (asked, expected) => {
    // Act
    const times = withinArchive(asked, { archiveDays: 2, retentionDays: 400 }, now);

    // Assess
    expect(times).toEqual(expected);
  });

  test.each([400, 500])('are all where bronze keeps for %i days what silver keeps for 400', (archiveDays) => {
    // Act
    const times = withinArchive({ from: old }, { archiveDays, retentionDays: 400 }, now);

    // Assess
    expect(times).toEqual({ from: old });
  });
});

describe('of a stream that was moved to another topic', () => {
  test.each([
    ['all of it', undefined, { from: at(5) }],
    ['what begins before', { from: at(1) }, { from: at(5) }],
    ['what begins after', { from: at(7), to: at(9) }, { from: at(7), to: at(9) }],
    ['what lies around', { from: at(1), to: at(9) }, { from: at(5), to: at(9) }],
    ['nothing of what lies before', { from: at(1), to: at(3) }, { from: at(3), to: at(3) }],
  ])('%s is what that took', (_what, times, expected) => {
    // Act
    const [moved, unmoved] = [withinTopic(times, at(5)), withinTopic(times, undefined)];

    // Assess
    expect(moved).toEqual(expected);
    expect(unmoved).toEqual(times);
  });
});
