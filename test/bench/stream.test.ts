import { expect, it } from 'vitest';
import type { JobLine } from '../../bench/job.ts';
import { timesOf } from '../../bench/processor.ts';
import { streamRates } from '../../bench/stream.ts';

function batch(
  atMs: number,
  processorSeconds: number,
  records: number,
  judge: number,
  silver: number,
): JobLine {
  return {
    event: 'batch',
    atMs,
    processorSeconds,
    facts: { counts: { records }, seconds: { judge, silver } },
  };
}

it('counts as warm what lies between the first batch and the last full one', () => {
  // Prepare
  const lines = [
    { event: 'started', atMs: 0, processorSeconds: 5, facts: {} },
    batch(20_000, 30, 1_000, 9, 9),
    batch(25_000, 36, 1_000, 2, 1),
    batch(30_000, 42, 1_000, 1, 0),
    batch(33_000, 44, 100, 9, 9),
  ];

  // Act
  const rates = streamRates({ seconds: 31, processorSeconds: 62, lines });

  // Assess
  expect(rates).toEqual({
    records: 3_100,
    seconds: 31,
    recordsPerSecond: 100,
    processorSecondsPer1000: 20,
    warmRecordsPerSecond: 200,
    warmProcessorSecondsPer1000: 6,
    phaseShares: { judge: 0.75, silver: 0.25 },
  });
});

it('reads parent and processor time of a process, whatever its name', () => {
  // Prepare
  const stat = '77 (a) b (c) S 12 77 77 0 -1 4194560 1 2 3 4 150 50 25 75 20 0 1 0 8 9 10';

  // Act, Assess: user, system, and both of the children that ended, 100 ticks a second.
  expect(timesOf(stat)).toEqual({ parent: 12, seconds: 3 });
});
