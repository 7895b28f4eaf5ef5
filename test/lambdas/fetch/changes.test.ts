import { describe, expect, it } from 'vitest';
import { type Changes, changesOf } from '../../../lambdas/fetch/changes.ts';
import type { Memory } from '../../../lambdas/fetch/memory.ts';
import { isNull, text } from '../../../lib/contract/mapping.ts';
import { mapOf, parcels, sourceIn } from './sources.ts';

const manifest = parcels();
const merging = parcels({ merge: { principal: isNull(text('of')), collect: 'names' } });
const MINUTE = 60_000;
const START = Date.parse('2026-03-01T10:00:00.000Z');

function changes(
  rows: readonly unknown[],
  memory: Memory = new Map(),
  polledMs = START,
  of = manifest,
): Changes {
  return changesOf(rows, {
    manifest: of,
    source: sourceIn(of),
    map: mapOf(of),
    memory,
    polledMs,
    mostBytes: 2_000,
  });
}

const values = ({ records }: Changes) =>
  records.map(({ value }) => JSON.parse(value) as Record<string, unknown>);
const row = (id: string, state: string, at: string | null = null) => ({ id, state, at });

describe('a poll', () => {
  it('sends what is new, with the key of the topic and the instant of the poll', () => {
    // Prepare, Act
    const first = changes([row('p-1', 'sent')]);

    // Assess
    expect(first.records).toEqual([{ key: 'p-1', value: expect.any(String) }]);
    expect(values(first)).toEqual([
      { parcel: 'p-1', updated: '2026-03-01T10:00:00.000Z', state: 'sent', names: null },
    ]);
    expect(first.counts).toEqual({ polled: 1, changed: 1, unchanged: 0, rejected: 0 });
  });

  it('that finds nothing changed sends nothing', () => {
    // Prepare
    const rows = [row('p-1', 'sent'), row('p-2', 'sent', '2026-03-01T09:00:00Z')];
    const first = changes(rows);

    // Act
    const second = changes(rows, first.memory, START + MINUTE);

    // Assess
    expect(second.records).toEqual([]);
    expect(second.counts).toEqual({ polled: 2, changed: 0, unchanged: 2, rejected: 0 });
  });

  it('takes a later time of the API alone for no change', () => {
    // Prepare
    const first = changes([row('p-1', 'sent', '2026-03-01T09:00:00Z')]);

    // Act
    const second = changes([row('p-1', 'sent', '2026-03-01T09:30:00Z')], first.memory, START + MINUTE);

    // Assess
    expect(second.records).toEqual([]);
  });

  it('sends what has changed, once', () => {
    // Prepare
    const first = changes([row('p-1', 'sent'), row('p-2', 'sent')]);

    // Act
    const second = changes([row('p-1', 'there'), row('p-2', 'sent')], first.memory, START + MINUTE);
    const third = changes([row('p-1', 'there'), row('p-2', 'sent')], second.memory, START + 2 * MINUTE);

    // Assess
    expect(values(second)).toMatchObject([
      { parcel: 'p-1', state: 'there', updated: '2026-03-01T10:01:00.000Z' },
    ]);
    expect(third.records).toEqual([]);
  });

  it('sends what has changed back too', () => {
    // Prepare
    const first = changes([row('p-1', 'sent')]);
    const second = changes([row('p-1', 'there')], first.memory, START + MINUTE);

    // Act
    const third = changes([row('p-1', 'sent')], second.memory, START + 2 * MINUTE);

    // Assess
    expect(values(third)).toMatchObject([{ state: 'sent', updated: '2026-03-01T10:02:00.000Z' }]);
  });
});

describe('the version', () => {
  it('is the time of the API where that is newer than the last', () => {
    // Prepare, Act
    const first = changes([row('p-1', 'sent', '2026-03-01T09:00:00Z')]);
    const second = changes([row('p-1', 'there', '2026-03-01T09:30:00Z')], first.memory, START + MINUTE);

    // Assess
    expect(values(first)[0]?.updated).toBe('2026-03-01T09:00:00.000Z');
    expect(values(second)[0]?.updated).toBe('2026-03-01T09:30:00.000Z');
  });

  it.each(['2026-03-01T09:00:00Z', '2026-03-01T08:00:00Z', null])(
    'is that of the poll where the API says %s',
    (at) => {
      // Prepare
      const first = changes([row('p-1', 'sent', '2026-03-01T09:00:00Z')]);

      // Act
      const second = changes([row('p-1', 'there', at)], first.memory, START + MINUTE);

      // Assess
      expect(values(second)[0]?.updated).toBe('2026-03-01T10:01:00.000Z');
    },
  );

  it.each(['2026-03-01T10:00:01Z', '2026-03-01T11:00:00Z', '9999-12-31T23:59:59.999Z'])(
    'is that of the poll where the API is ahead of the clock: %s',
    (ahead) => {
      // Prepare, Act
      const first = changes([row('p-1', 'sent', ahead)]);
      const second = changes([row('p-1', 'there')], first.memory, START + MINUTE);
      const third = changes([row('p-1', 'back', '2026-03-01T10:01:30Z')], second.memory, START + 2 * MINUTE);

      // Assess
      expect([first, second, third].map((one) => values(one)[0]?.updated)).toEqual([
        '2026-03-01T10:00:00.000Z',
        '2026-03-01T10:01:00.000Z',
        '2026-03-01T10:01:30.000Z',
      ]);
    },
  );

  it('rises where the clock has gone back a little', () => {
    // Prepare
    const first = changes([row('p-1', 'sent')]);

    // Act
    const second = changes([row('p-1', 'there')], first.memory, START - 1);

    // Assess
    expect(values(second)[0]?.updated).toBe('2026-03-01T10:00:00.001Z');
  });

  it.each([null, '2026-03-01T09:59:00Z'])(
    'does not follow a remembered one that would be refused as too far ahead: %s',
    (at) => {
      // Prepare
      const [[key] = ['']] = [...changes([row('p-1', 'sent')]).memory];
      const aheadMs = START + manifest.time.futureMs + 1;
      const memory: Memory = new Map([[key, { content: 'other', versionMs: aheadMs, seenMs: START }]]);

      // Act
      const next = changes([row('p-1', 'there', at)], memory);

      // Assess
      expect(values(next)[0]?.updated).toBe(
        at === null ? '2026-03-01T10:00:00.000Z' : '2026-03-01T09:59:00.000Z',
      );
    },
  );

  it('is later, over the same content, where a poll ended before it could remember', () => {
    // Prepare
    const lost = changes([row('p-1', 'sent')]);

    // Act
    const again = changes([row('p-1', 'sent')], new Map(), START + MINUTE);

    // Assess
    const [before, after] = [values(lost)[0], values(again)[0]];
    expect({ ...after, updated: null }).toEqual({ ...before, updated: null });
    expect(String(after?.updated) > String(before?.updated)).toBe(true);
  });
});

describe('one identity in several records', () => {
  const alias = (id: string, of: string | null, name: string | null, state = 'sent') => ({
    id,
    of,
    alias: name,
    state,
  });

  it('is one event: the principal one, with all the others named', () => {
    // Prepare
    const rows = [
      alias('p-1', 'x', 'zz-9', 'other'),
      alias('p-1', null, null),
      alias('p-1', 'x', 'aa-1'),
      alias('p-1', 'x', 'aa-1'),
    ];

    // Act
    const merged = changes(rows, new Map(), START, merging);

    // Assess
    expect(values(merged)).toMatchObject([{ parcel: 'p-1', state: 'sent', names: 'aa-1,zz-9' }]);
    expect(merged.counts).toMatchObject({ polled: 4, changed: 1 });
  });

  it('is the first where none is the principal one', () => {
    // Prepare, Act
    const merged = changes(
      [alias('p-1', 'x', 'b', 'one'), alias('p-1', 'x', 'a', 'two')],
      new Map(),
      START,
      merging,
    );

    // Assess
    expect(values(merged)).toMatchObject([{ state: 'one', names: 'a,b' }]);
  });

  it('says the same in any order of the answer', () => {
    // Prepare
    const rows = [alias('p-1', null, null), alias('p-1', 'x', 'a'), alias('p-1', 'x', 'b')];
    const first = changes(rows, new Map(), START, merging);

    // Act
    const second = changes([...rows].reverse(), first.memory, START + MINUTE, merging);

    // Assess
    expect(second.records).toEqual([]);
  });

  it('is the newest where nothing is merged', () => {
    // Prepare
    const rows = [row('p-1', 'later', '2026-03-01T09:30:00Z'), row('p-1', 'sooner', '2026-03-01T09:00:00Z')];

    // Act
    const first = changes(rows);

    // Assess
    expect(values(first)).toMatchObject([{ state: 'later' }]);
  });
});

describe('a row without an event', () => {
  it.each([
    ['one that the mapping refuses', { state: 'sent' }, 'id'],
    ['a number', 7, ''],
    ['null', null, ''],
    ['an array', [1], ''],
  ])('%s is sent as it is, once', (_name, bad, path) => {
    // Prepare, Act
    const first = changes([bad, row('p-1', 'sent')]);
    const second = changes([bad, row('p-1', 'sent')], first.memory, START + MINUTE);

    // Assess
    expect(first.records).toHaveLength(2);
    expect(first.records[1]?.key).toBeNull();
    expect(values(first)[1]).toEqual({ $rejected: { path, detail: expect.any(String), row: bad } });
    expect(first.counts).toMatchObject({ changed: 1, rejected: 1 });
    expect(second.records).toEqual([]);
    expect(second.counts.rejected).toBe(0);
  });

  it('that a message does not hold is told of without it', () => {
    // Prepare, Act
    const first = changes([{ state: 'x'.repeat(3_000) }]);

    // Assess
    expect(values(first)).toEqual([{ $rejected: { path: 'id', detail: expect.any(String) } }]);
  });

  it('is also one whose event a message does not hold', () => {
    // Prepare
    const large = [row('p-1', 'x'.repeat(3_000)), row('p-2', 'y'.repeat(3_000))];

    // Act
    const first = changes(large);
    const second = changes(large, first.memory, START + MINUTE);

    // Assess
    expect(values(first)).toMatchObject([
      { $rejected: { row: { identity: ['p-1'] } } },
      { $rejected: { row: { identity: ['p-2'] } } },
    ]);
    expect(first.counts).toMatchObject({ changed: 0, rejected: 2 });
    expect(second.records).toEqual([]);
  });
});

describe('what is remembered', () => {
  const DAY = 24 * 60 * MINUTE;

  it('is forgotten two days after its last poll', () => {
    // Prepare
    const first = changes([row('p-1', 'sent'), row('p-2', 'sent')]);

    // Act
    const day = changes([row('p-2', 'sent')], first.memory, START + DAY);
    const week = changes([row('p-2', 'sent')], day.memory, START + 2 * DAY + MINUTE);

    // Assess
    expect([first, day, week].map(({ memory }) => memory.size)).toEqual([2, 2, 1]);
    expect(week.records).toEqual([]);
  });
});
