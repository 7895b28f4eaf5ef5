import { describe, expect, test } from 'vitest';
import type { Metrics } from '../../../bin/command/metrics/collect.ts';
import { metricsText, sizeText, spanText } from '../../../bin/command/metrics/print.ts';
import { ratesOf } from '../../../bin/command/metrics/rates.ts';
import { shareText } from '../../../bin/command/progress-line.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [736_302, '736.3 kB'],
  [1_234_567_890, '1.2 GB'],
])('%i bytes are %s', (bytes, expected) => {
  // Act, Assess
  expect(sizeText(bytes)).toBe(expected);
});

test.each([
  [0, '0.0 s'],
  [59.94, '59.9 s'],
  [61, '1 min 1 s'],
  [3_660, '1 h 1 min'],
  [109_552.7, '1 d 6 h'],
  [-120, '-2 min 0 s'],
])('%d seconds are %s', (seconds, expected) => {
  // Act, Assess
  expect(spanText(seconds)).toBe(expected);
});

test.each([
  [null, 10, ''],
  [0, 10, ''],
  [0.25, 10, '25 %, 30 s left'],
  [1, 10, '100 %'],
])('a share of %s after %d s is %j', (share, seconds, expected) => {
  // Act, Assess
  expect(shareText(share, seconds)).toBe(expected);
});

test('rates are of one dataset, between two looks', () => {
  // Prepare
  const lag = (dataset: string, partition: number, end: number, landed: number, silver: number) => ({
    dataset,
    topic: dataset,
    partition,
    end,
    landed,
    silver,
  });
  const before = { atMs: 1_000, lag: [lag('a', 0, 10, 10, 0), lag('a', 1, 10, 0, 0), lag('b', 0, 9, 9, 9)] };
  const after = {
    atMs: 3_000,
    lag: [lag('a', 0, 20, 10, 4), lag('a', 1, 30, 6, 0), lag('b', 0, 99, 99, 99)],
  };

  // Act
  const rates = ratesOf('a', before, after);

  // Assess
  expect(rates).toEqual({ overSeconds: 2, produced: 15, landed: 3, silver: 2 });
});

describe('the screen', () => {
  test('shows every number with its unit, and says what is not known', () => {
    // Prepare
    const metrics: Metrics = {
      at: '2026-11-21T12:00:00.000Z',
      stage: 'dev',
      datasets: [
        {
          dataset: 'iot',
          rates: { overSeconds: 2, produced: 1234, landed: 1200, silver: 0 },
          lag: [
            { topic: 't', partition: 0, end: 5000, toLand: 34, toSilver: 1234, silverBehindSeconds: 61 },
            { topic: 't', partition: 1, end: 7, toLand: 0, toSilver: 7, silverBehindSeconds: null },
          ],
          batches: null,
          freshnessSeconds: null,
          sinceCommitSeconds: null,
          quarantined: { invalid: 1031 },
          audit: {
            from: '2026-11-21T10:45:00.000Z',
            to: '2026-11-21T11:45:00.000Z',
            auditedTo: '2026-11-21T10:45:00.000Z',
            finishedAt: '2026-11-21T12:00:08.000Z',
            sound: false,
            inFlight: 0,
            truncated: false,
            positions: 4966,
            lost: 2,
            duplicated: 0,
            disagreed: 1,
            failed: 0,
            notInBronze: 3,
            unverifiable: 0,
            open: 1,
          },
        },
      ],
      tables: [{ table: 'raw', files: 3, bytes: 2_000, rows: null }],
      jobs: [
        { job: 'j', state: 'FAILED', startedAt: null, seconds: null, error: 'MR805 broken\nmore' },
        { job: 'k', state: 'never run', startedAt: null, seconds: null, error: null },
      ],
    };

    // Act
    const text = metricsText(metrics);

    // Assess
    expect(text).toContain('produced 1,234, landed 1,200, silver 0 (over 2.0 s)');
    expect(text).toContain('t-0: to land 34, to silver 1,234, at most 1 min 1 s (end 5,000)');
    expect(text).toContain('t-1: to land 0, to silver 7 (end 7)');
    expect(text).toContain('silver is empty');
    expect(text).toContain('1,031 invalid');
    expect(text).toContain(
      'not sound: lost 2, disagreed 1, not in bronze 3; from 2026-11-21 10:45:00 to 2026-11-21 11:45:00, run at 2026-11-21 12:00:08 UTC',
    );
    expect(text).toContain('2.0 kB');
    expect(text).toContain('FAILED: MR805 broken ');
    expect(text).not.toContain('micro-batch');
  });
});
