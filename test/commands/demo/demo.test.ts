import { describe, expect, test } from 'vitest';
import { demandExpected, deviations } from '../../../bin/command/demo/expectation.ts';
import type { Outcome } from '../../../bin/command/demo/outcome.ts';
import { reachedAfter, sampleOf } from '../../../bin/command/demo/samples.ts';
import { rateOf } from '../../../bin/command/demo/silver-log.ts';
import { positiveNumber, wholeNumber } from '../../../bin/command/option-values.ts';
import { rolesOf } from '../../../bin/command/report/charts.ts';
import { reportPage } from '../../../bin/command/report/page.ts';
import type { DatasetAudit } from '../../../lambdas/audit/equation.ts';
import type { Expected } from '../../../lambdas/simulate/ledger.ts';
import { datasetNamed } from '../../../lib/datasets/index.ts';

const { manifest } = await datasetNamed('iot');
const quarantined = { unparseable: 1, invalid: 2, future: 1, 'too-old': 1, conflict: 1 };
const EXPECTED: Expected = {
  records: 20,
  distinct: 10,
  identicalDuplicates: 4,
  quarantined,
  late: 2,
  outOfOrder: 3,
  kinds: { event: 10 },
};
const AUDIT: DatasetAudit = {
  positions: 20,
  silver: 10,
  identicalDuplicates: 4,
  superseded: 0,
  quarantined,
  late: 2,
  failed: 0,
  lost: 0,
  duplicated: 0,
  disagreed: 0,
  bronzePositions: 20,
};

describe('the expectation', () => {
  test('holds where the audit found what was sent', () => {
    // Prepare, act
    const found = deviations(EXPECTED, AUDIT);
    // Assess
    expect(found).toEqual([]);
    expect(() => demandExpected(EXPECTED, AUDIT)).not.toThrow();
  });

  test('names every count that is another', () => {
    // Prepare
    const audit = { ...AUDIT, silver: 9, quarantined: { ...quarantined, conflict: 2 } };
    // Act
    const found = deviations(EXPECTED, audit);
    // Assess
    expect(found).toEqual(['silver: 10 were sent, 9 found', 'quarantined conflict: 1 were sent, 2 found']);
    expect(() => demandExpected(EXPECTED, audit)).toThrow(expect.objectContaining({ code: 'MR604' }));
  });
});

describe('samples', () => {
  test('say when a part had taken all', () => {
    // Prepare
    const progress = {
      silver: { partitions: { 0: { until: 3 }, 1: { until: 4 } } },
      sweep: undefined,
      gold: {},
    };
    const early = {
      ends: new Map(),
      landed: new Map([[0, 5]]),
      progress: { ...progress, silver: undefined },
    };
    const late = {
      ...early,
      landed: new Map([
        [0, 5],
        [1, 2],
      ]),
      progress,
    };
    // Act
    const samples = [sampleOf(1, 7, early), sampleOf(2, 7, late)];
    // Assess
    expect(samples[1]).toEqual({ seconds: 2, produced: 7, landed: 7, silver: 7 });
    expect([reachedAfter(samples, 'produced', 7), reachedAfter(samples, 'silver', 7)]).toEqual([1, 2]);
    expect(reachedAfter(samples, 'silver', 8)).toBeUndefined();
  });

  test("the silver job's rate comes from its batches alone", () => {
    // Prepare
    const batch = (dataset: string, records: number, totalSeconds: number) =>
      JSON.stringify({ event: 'batch', dataset, counts: { records }, totalSeconds });
    const lines = [
      batch('a', 100, 1),
      'WARN {',
      '{"event":"gold"}',
      '{broken',
      batch('b', 9, 1),
      batch('a', 200, 2),
    ];
    // Act
    const rate = rateOf(lines, 'a');
    // Assess
    expect(rate).toBe(100);
    expect(rateOf([], 'a')).toBe(0);
  });
});

describe('the report', () => {
  test('is one page that loads nothing and shows every number', async () => {
    // Prepare
    const [model] = manifest.gold;
    if (model === undefined) throw new Error('a model');
    const outcome: Outcome = {
      dataset: 'iot',
      seed: 1,
      model: { ...model, description: 'less < more & "so on"' },
      rows: [
        {
          device_type: 'light',
          date: '2026-01-01',
          p95_duration: 190.5,
          total_events: 1234,
          avg_duration: null,
        },
        { device_type: 'light', date: '2026-01-02', p95_duration: 191.5, total_events: 1235 },
      ],
      audit: { lost: 0, duplicated: 0, disagreed: 0, datasets: { iot: AUDIT } },
      expected: EXPECTED,
      samples: [
        { seconds: 0, produced: 0, landed: 0, silver: 0 },
        { seconds: 1, produced: 20, landed: 20, silver: 20 },
      ],
      silver: { files: 2, bytes: 420, records: 10 },
      timings: { produce: 1.25, total: 3 },
      throughput: {
        producePerSecond: 16,
        landPerSecond: 15,
        silverPerSecond: 14,
        silverBusyPerSecond: 13,
        querySeconds: 0.5,
        queryScannedBytes: 99,
        silverBytesPerEvent: 42,
      },
      chaos: [
        {
          part: 'broker',
          point: '20 % of the events are produced',
          pid: 11,
          newPid: 12,
          at: { produced: 4321, landed: 9, silver: 0, epoch: 1, committing: false },
          backAfterSeconds: 5.5,
        },
      ],
      finishedAt: '2026-01-03T04:05:06.000Z',
    };
    // Act
    const page = await reportPage(outcome);
    // Assess
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).not.toMatch(/<script|<link|src=|@import|url\((?!#)/);
    expect(page).toContain('less &lt; more &amp; &quot;so on&quot;');
    expect(page).toContain('20 positions = 10 silver + 4 identical duplicates');
    expect(page).toContain('1,234');
    expect(page).toContain('<td>broker</td>');
    expect(page).toContain('4,321');
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('finds the roles of the columns in the contract', () => {
    // Prepare
    const model = manifest.gold[0];
    // Act
    const roles = model && rolesOf(model);
    // Assess
    expect(roles).toEqual({ time: 'date', series: 'device_type', measure: 'p95_duration' });
  });
});

describe('option values', () => {
  test.each(['', 'x', '1.5', '-1', '1e99'])('refuse %j as a whole number', (text) => {
    // Prepare
    const parse = wholeNumber(1);
    // Act and assess
    expect(() => parse(text)).toThrow('whole number of at least 1');
  });

  test.each(['0', '-3', 'fast', 'Infinity'])('refuse %j as a rate', (text) => {
    // Prepare, act and assess
    expect(() => positiveNumber(text)).toThrow('a number above 0');
  });

  test('take numbers with separators', () => {
    // Prepare
    const texts = ['604_800', '604,800', '604800'];
    // Act
    const values = texts.map(wholeNumber(0));
    // Assess
    expect(values).toEqual([604_800, 604_800, 604_800]);
  });
});
