import { describe, expect, it } from 'vitest';
import { glueTrigger } from '../../../localstack/resources/glue-trigger.ts';
import type { Context } from '../../../localstack/resources/resource.ts';

/** Names of the jobs that a trigger of that schedule starts by itself. */
async function startedBy(schedule: string, startOnCreation = true): Promise<string[]> {
  const started: string[] = [];
  const context = {
    stack: { id: 'process', name: 'process' },
    jobs: { schedule: (name: string) => started.push(name) },
  } as unknown as Context;
  await glueTrigger.create(
    context,
    {
      Name: 'trigger',
      Type: 'SCHEDULED',
      Schedule: schedule,
      StartOnCreation: startOnCreation,
      Actions: [{ JobName: 'job' }],
    },
    'Trigger',
  );
  return started;
}

describe('a scheduled trigger', () => {
  it.each(['cron(0/5 * * * ? *)', 'cron(10 * * * ? *)', 'cron(10 0/2 * * ? *)'])(
    'starts its job by itself on %s',
    async (schedule) => {
      // Act
      const started = await startedBy(schedule);

      // Assess
      expect(started).toEqual(['job']);
    },
  );

  it.each(['cron(20 3 * * ? *)', 'cron(10 0/3 * * ? *)', 'cron(0 6-16 ? * MON-FRI *)'])(
    'leaves it to be asked for on %s',
    async (schedule) => {
      // Act
      const started = await startedBy(schedule);

      // Assess
      expect(started).toEqual([]);
    },
  );

  it('starts nothing where it is created stopped', async () => {
    // Act
    const started = await startedBy('cron(10 * * * ? *)', false);

    // Assess
    expect(started).toEqual([]);
  });

  it('refuses a schedule that Glue would refuse', async () => {
    // Act
    const act = startedBy('rate(5 minutes)');

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR114' });
  });
});
