import { describe, expect, it } from 'vitest';
import { checkCron } from '../../lib/contract/cron.ts';

describe('schedules', () => {
  it.each([
    'cron(0 2 * * ? *)',
    'cron(0/5 * * * ? *)',
    'cron(10,40 8-18 ? * MON-FRI *)',
    'cron(59 23 L * ? 2026-2030)',
    'cron(0 10 ? * 6#3 *)',
    'cron(0 0 1 1,JUL ? *)',
  ])('takes %s', (schedule) => {
    // Act
    const check = (): void => checkCron(schedule, 'test');

    // Assess
    expect(check).not.toThrow();
  });

  it.each([
    ['0 2 * * ? *', 'form'],
    ['cron(0 2 * *  ? *)', 'form'],
    ['cron(60 2 * * ? *)', 'minutes'],
    ['cron(0 24 * * ? *)', 'hours'],
    ['cron(0 0 0 * ? *)', 'day of month'],
    ['cron(0 0 1 13 ? *)', 'month'],
    ['cron(0 0 ? * 8 *)', 'day of week'],
    ['cron(0 0 1 * ? 1969)', 'year'],
    ['cron(0 2 * * * *)', 'exactly one'],
    ['cron(0 2 ? * ? *)', 'exactly one'],
    ['cron(* * * * ? *)', 'minutes apart'],
    ['cron(0/4 * * * ? *)', 'minutes apart'],
    ['cron(2,58 * * * ? *)', 'minutes apart'],
    ['cron(5-1 * * * ? *)', 'minutes'],
    ['cron(0/0 * * * ? *)', 'minutes'],
  ])('refuses %s', (schedule, reason) => {
    // Act
    const check = (): void => checkCron(schedule, 'test.schedules.gold');

    // Assess
    expect(check).toThrow(
      expect.objectContaining({ code: 'MR114', message: expect.stringContaining(reason) }),
    );
  });
});
