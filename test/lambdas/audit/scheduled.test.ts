import { describe, expect, test } from 'vitest';
import type { DatasetConclusion } from '../../../lambdas/audit/dataset-audit.ts';
import { leavesOut, nextTimes, progressOf, type Range, rangesOf } from '../../../lambdas/audit/scheduled.ts';

const NOW = Date.parse('2026-01-10T12:00:00.000Z');

describe('the next audit of a schedule', () => {
  test.each([
    ['begins a day back where none was', undefined, {}, ['2026-01-09T11:45', '2026-01-10T11:45']],
    [
      'goes on where the last one ended',
      '2026-01-10T10:45:00.000Z',
      {},
      ['2026-01-10T10:45', '2026-01-10T11:45'],
    ],
    ['catches up a day at a time', '2026-01-05T00:00:00.000Z', {}, ['2026-01-05T00:00', '2026-01-06T00:00']],
    [
      'ends where it is asked to',
      '2026-01-10T10:45:00.000Z',
      { to: '2026-01-10T12:00:00+00:00' },
      ['2026-01-10T10:45', '2026-01-10T12:00'],
    ],
    [
      'ends now where it is asked to end later',
      '2026-01-10T10:45:00.000Z',
      { to: '2026-02-01T00:00:00.000Z' },
      ['2026-01-10T10:45', '2026-01-10T12:00'],
    ],
    [
      'begins where it is asked to',
      '2026-01-05T00:00:00.000Z',
      { from: '2026-01-10T09:00:00.000Z' },
      ['2026-01-10T09:00', '2026-01-10T11:45'],
    ],
  ])('%s', (_what, auditedTo, asked, [from, to]) => {
    // Act
    const times = nextTimes(auditedTo, asked, NOW);

    // Assess
    expect(times).toEqual({ from: `${from}:00.000Z`, to: `${to}:00.000Z` });
  });

  test('is none where nothing has settled since', () => {
    // Act
    const times = nextTimes('2026-01-10T11:45:00.000Z', {}, NOW);

    // Assess
    expect(times).toBeUndefined();
  });
});

describe('what a run audits', () => {
  const day = (from: number, to: number): Range => ({ from: `2026-01-0${from}`, to: `2026-01-0${to}` });

  test('is the new times, and of the open breaches those that they do not hold', () => {
    // Act
    const [all, held, none] = [
      rangesOf(day(7, 8), [day(1, 2), day(3, 4)]),
      rangesOf(day(2, 5), [day(1, 3), day(3, 4), day(2, 5)]),
      rangesOf(undefined, [day(1, 2)]),
    ];

    // Assess
    expect(all).toEqual([day(7, 8), day(1, 2), day(3, 4)]);
    expect(held).toEqual([day(2, 5), day(1, 3)]);
    expect(none).toEqual([day(1, 2)]);
  });

  test.each([
    ['after the last audit', '2026-01-05T00:00:00.000Z', { from: '2026-01-06T00:00:00.000Z' }, true],
    ['where the last one ended', '2026-01-05T00:00:00.000Z', { from: '2026-01-05T01:00:00+01:00' }, false],
    ['before it', '2026-01-05T00:00:00.000Z', { from: '2026-01-04T00:00:00.000Z' }, false],
    ['where none was', undefined, { from: '2026-01-06T00:00:00.000Z' }, false],
    ['where it is not said', '2026-01-05T00:00:00.000Z', { to: '2026-01-06T00:00:00.000Z' }, false],
  ])('leaves times out, or not, where it begins %s', (_what, auditedTo, asked, expected) => {
    // Act
    const found = leavesOut(auditedTo, asked);

    // Assess
    expect(found).toBe(expected);
  });
});

describe('what is written down of an audit', () => {
  const times = { from: '2026-01-10T10:45:00.000Z', to: '2026-01-10T11:45:00.000Z' };
  const range = { partition: 0, first: 1, last: 1 };
  const quarantined = { unparseable: 0, invalid: 1, future: 0, 'too-old': 0, conflict: 0 };
  const counts = { silver: 6, identicalDuplicates: 0, superseded: 0, late: 0, failed: 0, quarantined };
  const sound: DatasetConclusion = {
    audit: { positions: 7, bronzePositions: 7, lost: 0, duplicated: 0, disagreed: 0, ...counts },
    gaps: { lost: [], notInBronze: [], duplicated: [], disagreed: [], unverifiable: [], unread: [] },
    truncated: false,
    inFlight: 0,
    scannedBytes: 10,
    seconds: 1,
  };
  const lost = { ...sound, audit: { ...sound.audit, lost: 1 }, gaps: { ...sound.gaps, lost: [range] } };
  const of = (found: DatasetConclusion, some = times) => ({ times: some, found });

  test('moves on where all is sound and through', () => {
    // Act
    const progress = progressOf(times.from, times, [of(sound)], NOW);

    // Assess
    expect(progress).toMatchObject({ ...times, auditedTo: times.to, sound: true, open: [], ...sound });
  });

  test.each(['lost', 'duplicated', 'disagreed'])(
    'moves on where a record is %s, and keeps it open',
    (what) => {
      // Act
      const broken = { ...sound, audit: { ...sound.audit, [what]: 1 } };
      const progress = progressOf(times.from, times, [of(broken)], NOW);

      // Assess
      expect(progress).toMatchObject({ auditedTo: times.to, sound: false, open: [times] });
    },
  );

  test.each(['unverifiable', 'unread'])('is not sound where a position is %s', (what) => {
    // Act
    const broken = { ...sound, gaps: { ...sound.gaps, [what]: [range] } };
    const progress = progressOf(times.from, times, [of(broken)], NOW);

    // Assess
    expect(progress).toMatchObject({ sound: false, open: [times] });
  });

  test('is not sound while a breach is open, and counts it again', () => {
    // Prepare
    const before = { from: '2026-01-08T00:00:00.000Z', to: '2026-01-08T01:00:00.000Z' };

    // Act
    const [still, mended, alone] = [
      progressOf(times.from, times, [of(sound), of(lost, before)], NOW),
      progressOf(times.from, times, [of(sound), of(sound, before)], NOW),
      progressOf(times.to, undefined, [of(lost, before)], NOW),
    ];

    // Assess
    expect(still).toMatchObject({ auditedTo: times.to, sound: false, open: [before] });
    expect(still.audit).toMatchObject({ lost: 1, positions: 14, bronzePositions: 14 });
    expect(still.audit.quarantined.invalid).toBe(2);
    expect(still.gaps.lost).toEqual([range]);
    expect(mended).toMatchObject({ auditedTo: times.to, sound: true, open: [] });
    expect(alone).toMatchObject({ from: times.to, to: times.to, auditedTo: times.to, open: [before] });
  });

  test('stays where something is under way, and looks at all of it again', () => {
    // Act
    const [quiet, broken] = [sound, lost].map((found) =>
      progressOf(times.from, times, [of({ ...found, inFlight: 3 })], NOW),
    );

    // Assess
    expect(quiet).toMatchObject({ auditedTo: times.from, sound: true, open: [] });
    expect(broken).toMatchObject({ auditedTo: times.from, sound: false, open: [] });
  });

  test('comes no further than what has settled, and never back', () => {
    // Prepare
    const [early, young] = [
      { from: '2026-01-07T00:00:00.000Z', to: '2026-01-08T00:00:00.000Z' },
      { from: times.from, to: '2026-01-10T12:00:00.000Z' },
    ];

    // Act
    const [again, ahead] = [
      progressOf(times.to, early, [of(lost, early)], NOW),
      progressOf(young.from, young, [of(lost, young)], NOW),
    ];

    // Assess
    expect(again).toMatchObject({ auditedTo: times.to, open: [early] });
    expect(ahead).toMatchObject({ to: young.to, auditedTo: '2026-01-10T11:45:00.000Z', open: [times] });
  });

  test('names a bounded number of ranges', () => {
    // Prepare
    const many = Array.from({ length: 5_000 }, (_, at) => ({ partition: 0, first: 2 * at, last: 2 * at }));

    // Act
    const found = { ...sound, gaps: { ...sound.gaps, lost: many } };
    const progress = progressOf(times.from, times, [of(found)], NOW);

    // Assess
    expect(progress.gaps.lost).toHaveLength(1_000);
  });
});
