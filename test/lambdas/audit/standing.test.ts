import { describe, expect, test } from 'vitest';
import { arrivals, lagOf, type Standing } from '../../../lambdas/audit/standing.ts';

const THROUGH: Standing = {
  ends: new Map([
    [0, 10],
    [1, 0],
  ]),
  landed: new Map([[0, 10]]),
  progress: {
    silver: {
      partitions: { 0: { until: 10 }, 1: { until: 0 } },
      silverSnapshotId: '7',
      committedAt: '2026-01-01T00:00:05.000Z',
    },
    sweep: {
      silverSnapshotId: '7',
      startedAt: '2026-01-01T00:00:06.000Z',
      finishedAt: '2026-01-01T00:00:07.000Z',
    },
    gold: { daily: { silverSnapshotId: '7', finishedAt: '2026-01-01T00:00:08.000Z' } },
  },
};

function changed(progress: Partial<Standing['progress']>): Standing {
  return { ...THROUGH, progress: { ...THROUGH.progress, ...progress } };
}

describe('what is behind', () => {
  test('is nothing when all parts have come to the end', () => {
    // Prepare, act
    const words = arrivals()(THROUGH);
    // Assess
    expect(words).toEqual([]);
  });

  test.each<[string, Standing, string[]]>([
    [
      'the landing',
      { ...THROUGH, landed: new Map([[0, 7]]) },
      ['landing (bronze, quarantine): 3 records behind'],
    ],
    ['silver, which has never run', changed({ silver: undefined }), ['silver: 10 records behind']],
    [
      'the sweep, which ran before the last commit',
      changed({
        sweep: {
          silverSnapshotId: '6',
          startedAt: '2026-01-01T00:00:04.999Z',
          finishedAt: '2026-01-01T00:00:06.000Z',
        },
      }),
      ["sweep: has not run since silver's last commit", 'gold daily: has not seen all of silver'],
    ],
    [
      'the sweep, which has never run',
      changed({ sweep: undefined }),
      ["sweep: has not run since silver's last commit", 'gold daily: has not seen all of silver'],
    ],
    [
      'gold, which has not seen what the sweep removed',
      changed({
        sweep: {
          silverSnapshotId: '8',
          startedAt: '2026-01-01T00:00:06.000Z',
          finishedAt: '2026-01-01T00:00:07.000Z',
        },
      }),
      ['gold daily: has not seen all of silver'],
    ],
    ['gold, which has never run', changed({ gold: { daily: undefined } }), ['gold daily: has not run yet']],
  ])('is %s', (_what, standing, expected) => {
    // Prepare, act
    const words = arrivals()(standing);
    // Assess
    expect(words).toEqual(expected);
  });

  test('is not the sweep where it began before the commit and yet saw its snapshot', () => {
    // Prepare
    const standing = changed({
      sweep: {
        silverSnapshotId: '7',
        startedAt: '2026-01-01T00:00:01.000Z',
        finishedAt: '2026-01-01T00:00:07.000Z',
      },
    });
    // Act
    const words = arrivals()(standing);
    // Assess
    expect(words).toEqual([]);
  });

  test('is nothing where nothing was ever produced', () => {
    // Prepare
    const standing: Standing = {
      ends: new Map([[0, 0]]),
      landed: new Map(),
      progress: { silver: undefined, sweep: undefined, gold: { daily: undefined } },
    };
    // Act
    const words = arrivals()(standing);
    // Assess
    expect(words).toEqual([]);
  });

  test('never counts a partition that is ahead against one that is behind', () => {
    // Prepare
    const ends = new Map([
      [0, 5],
      [1, 5],
    ]);
    // Act
    const lag = lagOf(ends, new Map([[0, 100]]));
    // Assess
    expect(lag).toBe(5);
  });

  test('is nothing once each part was seen past it, while more and more is produced', () => {
    // Prepare
    const time = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
    const at = (silver: number, sweep: number, gold: number): Standing =>
      changed({
        silver: {
          partitions: { 0: { until: 10 } },
          silverSnapshotId: `${silver}`,
          committedAt: time(silver),
        },
        sweep: { silverSnapshotId: `${sweep}`, startedAt: time(sweep), finishedAt: time(sweep) },
        gold: { daily: { silverSnapshotId: `${gold}`, finishedAt: time(gold) } },
      });
    const missingOf = arrivals();
    // Act
    const words = [at(10, 9, 8), at(12, 11, 8), at(14, 13, 12), at(16, 15, 14)].map(missingOf);
    // Assess
    expect(words.map((list) => list.length)).toEqual([2, 1, 1, 0]);
    expect(arrivals()(at(16, 15, 14))).not.toEqual([]);
  });
});
