import { describe, expect, test } from 'vitest';
import { programWith } from '../../../bin/command/modules.ts';
import { daysOf, demandedDays } from '../../../bin/command/remake/days.ts';
import { jobOf, only } from '../../../bin/command/remake/job.ts';
import {
  backfillText,
  type RebuildReport,
  rebuildText,
  rerunText,
} from '../../../bin/command/remake/texts.ts';

describe('the days of a rebuild', () => {
  test('are both or none', () => {
    // Act
    const named = daysOf({ from: '2026-03-01', to: '2026-03-01' });

    // Assess
    expect(named).toEqual({ from: '2026-03-01', to: '2026-03-01' });
    expect(daysOf({})).toBeUndefined();
  });

  test.each([[{ from: '2026-03-01' }], [{ to: '2026-03-01' }], [{ from: '2026-03-02', to: '2026-03-01' }]])(
    '%j are no range',
    (days) => {
      // Act, Assess
      expect(() => daysOf(days)).toThrow(expect.objectContaining({ code: 'MR860' }));
    },
  );

  test('are demanded by a backfill and a rerun', () => {
    // Act, Assess
    expect(() => demandedDays({})).toThrow(expect.objectContaining({ code: 'MR860' }));
  });
});

const rebuilt: RebuildReport = {
  from: null,
  to: null,
  rows: 604_800,
  days: 7,
  seconds: 41.4,
  pausedSeconds: 3.21,
  contentHashBefore: '604800-0f',
  contentHashAfter: '604800-0f',
  identical: true,
  differentDays: [],
  closedGap: {},
};

describe('what is said of', () => {
  test('a rebuild that changed nothing', () => {
    // Act, Assess
    expect(rebuildText('iot', rebuilt)).toBe(
      'iot: 604,800 rows of 7 days from bronze in 41 s, the stream paused for 3.2 s\n  identical to before: 604800-0f\n',
    );
  });

  test('a rebuild that mended a day and closed a gap', () => {
    // Act
    const text = rebuildText('iot', {
      ...rebuilt,
      identical: false,
      contentHashBefore: '604799-0e',
      differentDays: ['2026-03-02'],
      closedGap: { 1: [5, 9] },
    });

    // Assess
    expect(text).toContain('different on 2026-03-02: 604799-0e before, 604800-0f after');
    expect(text).toContain('closed from bronze: partition 1, offsets 5 to 8');
  });

  test('a rebuild that gave the stream another topic', () => {
    // Prepare
    const of = (cluster: string) => ({ topic: 'iot-events', topicId: 'x', cluster, format: 1 });

    // Act
    const text = rebuildText('iot', {
      ...rebuilt,
      closedGap: { 1: [5, 9] },
      renewed: { from: of('arn:one'), to: of('arn:two') },
    });

    // Assess
    expect(text).toBe(
      'iot: the stream begins with topic iot-events of arn:two; silver keeps its rows, 604,800 now\n  closed from bronze: partition 1, offsets 5 to 8\n',
    );
  });

  test('a backfill and a rerun', () => {
    // Act, Assess
    expect(backfillText('iot', { added: 3, rejected: 0, positions: 1200, pausedSeconds: 1 })).toBe(
      'iot: 1,200 positions that silver and rejected lacked: 3 rows added, 0 conflicts rejected\n',
    );
    expect(rerunText('iot', { windows: { iot_minutely: 1440 }, gold: { 'gold-iot_p95_daily': {} } })).toBe(
      'iot: computed again from silver\n  iot_minutely: 1,440 windows\n  gold-iot_p95_daily\n',
    );
  });
});

test('a run without its report is an error', () => {
  // Act, Assess
  expect(() => only({ backfill: {} }, 'rebuild')).toThrow(expect.objectContaining({ code: 'MR862' }));
});

test.each(['rebuild', 'backfill', 'rerun'])(
  '%s of a dataset that is none names those there are',
  async (name) => {
    // Prepare
    const program = await programWith(name);
    const days = ['--from', '2026-03-01', '--to', '2026-03-01'];

    // Act
    const run = program.parseAsync([name, 'nosuch', ...days], { from: 'user' });

    // Assess
    await expect(run).rejects.toMatchObject({ code: 'MR131', message: expect.stringContaining('iot') });
  },
);

test('a stage without the job is said to be so', () => {
  // Prepare
  const jobs = [{ name: 'millrace-dev-iot-rebuild', dataset: 'iot', kind: 'rebuild' }];

  // Act, Assess
  expect(jobOf(jobs, 'rebuild', 'iot', 'dev').name).toBe('millrace-dev-iot-rebuild');
  expect(() => jobOf(jobs, 'gold', 'iot', 'dev')).toThrow(
    expect.objectContaining({ code: 'MR840', where: 'stage dev' }),
  );
});
