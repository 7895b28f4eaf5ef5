import { describe, expect, test } from 'vitest';
import { timesOf } from '../../../bin/command/audit/times.ts';

describe('the range of an audit', () => {
  test.each([
    [undefined, undefined, undefined],
    ['2026-11-01', undefined, { from: '2026-11-01T00:00:00.000Z' }],
    [undefined, '2026-11-01', { to: '2026-11-02T00:00:00.000Z' }],
    ['2026-11-01', '2026-11-01', { from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z' }],
    [
      '2026-11-01T08:30Z',
      '2026-11-01T10:00:00.250+01:00',
      { from: '2026-11-01T08:30:00.000Z', to: '2026-11-01T09:00:00.250Z' },
    ],
  ])('from %s to %s', (from, to, expected) => {
    // Act
    const times = timesOf(from, to);

    // Assess
    expect(times).toEqual(expected);
  });

  test.each([
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-11-01T08:30',
    '2026-11-01 08:30Z',
    '1762000000',
    '',
  ])('refuses %j', (text) => {
    // Act
    const act = () => timesOf(text, undefined);

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR605' }));
  });

  test('refuses an empty range', () => {
    // Act
    const act = () => timesOf('2026-11-02', '2026-11-01');

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR606' }));
  });
});
