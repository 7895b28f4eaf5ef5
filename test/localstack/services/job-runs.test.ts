import { expect, it } from 'vitest';
import { createJobRuns } from '../../../localstack/services/job-runs.ts';

const begin = { jobName: 'job', maxConcurrentRuns: 1, arguments: {} };

it('keeps the last hundred runs of a job, the newest first', () => {
  // Prepare
  const runs = createJobRuns();

  // Act
  const ids = Array.from({ length: 130 }, () => {
    const run = runs.begin(begin);
    run.ended({ ok: true, error: '' });
    return run.now.id;
  });

  // Assess
  expect(runs.of('job').map(({ id }) => id)).toEqual(ids.reverse().slice(0, 100));
});

it('says when a run has ended, by a clock of its own', async () => {
  // Prepare
  let now = 1_000;
  const runs = createJobRuns(() => now);
  const run = runs.begin(begin);
  const room = runs.room('job', 1);

  // Act
  now = 4_000;
  run.started();
  now = 9_000;
  run.ended({ ok: false, error: 'broken' });
  await room;

  // Assess
  expect(run.now).toMatchObject({ state: 'FAILED', startedMs: 1_000, completedMs: 9_000, error: 'broken' });
  expect(runs.room('job', 1)).toBeUndefined();
});

it('lets a job run as often at a time as it may', () => {
  // Prepare
  const runs = createJobRuns();
  const twice = { ...begin, maxConcurrentRuns: 2 };

  // Act
  runs.begin(twice);
  runs.begin(twice);
  const third = () => runs.begin(twice);

  // Assess
  expect(third).toThrow(expect.objectContaining({ type: 'ConcurrentRunsExceededException' }));
});

it('counts a run as stopped only where it did not end well before', () => {
  // Prepare
  const runs = createJobRuns();
  const [one, other] = [runs.begin(begin), runs.begin({ ...begin, jobName: 'other' })];

  // Act
  runs.askToStop('job', one.now.id);
  runs.askToStop('other', other.now.id);
  one.ended({ ok: true, error: '' });
  other.ended({ ok: false, error: 'SIGTERM' });

  // Assess
  expect([one.now.state, other.now.state]).toEqual(['SUCCEEDED', 'STOPPED']);
  expect(runs.askToStop('job', one.now.id)).toBe(false);
});
