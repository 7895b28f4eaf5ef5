import { describe, expect, test } from 'vitest';
import { behind, lagOf, type Standing } from '../../../bin/command/audit/standing.ts';

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
    const words = behind(THROUGH);
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
      ["sweep: has not run since silver's last commit"],
    ],
    [
      'the sweep, which has never run',
      changed({ sweep: undefined }),
      ["sweep: has not run since silver's last commit"],
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
      ["gold daily: not yet of silver's last snapshot"],
    ],
    ['gold, which has never run', changed({ gold: { daily: undefined } }), ['gold daily: has not run yet']],
  ])('is %s', (_what, standing, expected) => {
    // Prepare, act
    const words = behind(standing);
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
    const words = behind(standing);
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
    const words = behind(standing);
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
});
