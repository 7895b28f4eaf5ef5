import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../../localstack/resources/resource.ts';
import { periodOf, schedule } from '../../../localstack/resources/schedule.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Makes a schedule of the function `audit`; what it is invoked with, and how to end it. */
async function make(
  properties: { readonly State?: string; readonly Arn?: string; readonly Input?: string } = {},
  jobsEnabled = true,
) {
  const events: unknown[] = [];
  const stops: (() => Promise<void>)[] = [];
  const context = {
    stack: { id: 'Analytics', name: 'analytics' },
    functions: new Map([['audit', { name: 'audit', invoke: async (event: unknown) => events.push(event) }]]),
    onStop: (_name: string, stop: () => Promise<void>) => stops.push(stop),
    jobs: { enabled: jobsEnabled },
    log: () => undefined,
  } as unknown as Context;
  const {
    Arn = 'arn:aws:lambda:us-east-1:123456789012:function:audit',
    Input = '{"a":1}',
    ...rest
  } = properties;
  const made = await schedule.create(
    context,
    { Name: 'hourly', ScheduleExpression: 'rate(1 hour)', Target: { Arn, Input }, ...rest },
    'Schedule',
  );
  return { made, events, stop: () => Promise.all(stops.map((stop) => stop())) };
}

describe('a schedule', () => {
  it('invokes its function first after one period, and then after each', async () => {
    // Prepare
    vi.useFakeTimers();
    const { made, events, stop } = await make();

    // Act
    await vi.advanceTimersByTimeAsync(3_599_999);
    const before = events.length;
    await vi.advanceTimersByTimeAsync(3_600_001);
    await stop();
    await vi.advanceTimersByTimeAsync(7_200_000);

    // Assess
    expect(made.id).toBe('hourly');
    expect(before).toBe(0);
    expect(events).toEqual(['{"a":1}', '{"a":1}']);
  });

  it('invokes keep-alive at once too, and not at all in a run without jobs', async () => {
    // Prepare
    vi.useFakeTimers();
    const Input = JSON.stringify({ job: 'stage-set-silver', keep: 'running' });

    // Act
    const kept = await make({ Input });
    const atOnce = [...kept.events];
    await vi.advanceTimersByTimeAsync(3_600_000);
    await kept.stop();
    const still = await make({ Input }, false);
    const once = await make({ Input: JSON.stringify({ job: 'stage-set-gold', keep: 'once' }) }, false);
    const onceAtOnce = once.events.length;
    await vi.advanceTimersByTimeAsync(3_600_000);
    await once.stop();

    // Assess
    expect(atOnce).toEqual([Input]);
    expect(kept.events).toEqual([Input, Input]);
    expect(still.events).toEqual([]);
    expect([onceAtOnce, once.events.length]).toEqual([0, 1]);
  });

  it('invokes nothing where it is disabled', async () => {
    // Prepare
    vi.useFakeTimers();
    const { events } = await make({ State: 'DISABLED' });

    // Act
    await vi.advanceTimersByTimeAsync(7_200_000);

    // Assess
    expect(events).toEqual([]);
  });

  it('refuses a target that is no function', async () => {
    // Act
    const act = make({ Arn: 'arn:aws:sqs:us-east-1:123456789012:queue' });

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR405' });
  });

  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(15 minutes)', 900_000],
    ['rate(1 hour)', 3_600_000],
    ['rate(2 days)', 172_800_000],
  ])('reads %s', (expression, period) => {
    // Act
    const found = periodOf(expression, 'here');

    // Assess
    expect(found).toBe(period);
  });

  it.each(['cron(0 * * * ? *)', 'rate(0 hours)', 'rate(1 week)', 'at(2026-01-01T00:00:00)'])(
    'refuses %s',
    (expression) => {
      // Act
      const act = () => periodOf(expression, 'here');

      // Assess
      expect(act).toThrow(expect.objectContaining({ code: 'MR405', where: 'here' }));
    },
  );
});
