import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DRAIN_MS,
  decide,
  HEALTHY_MS,
  LONGEST_PAUSE_MS,
  pauseMs,
  RESTARTS_AT_ONCE,
  RUNS_LOOKED_AT,
} from '../../../lambdas/keep-alive/decision.ts';
import type { Run } from '../../../lambdas/keep-alive/run.ts';
import { OTHER, plan, RELEASE } from './plans.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-03-01T10:00:00Z');

function run(over: Partial<Run> = {}): Run {
  return {
    id: 'jr_1',
    phase: 'live',
    failed: false,
    release: RELEASE,
    startedMs: NOW - MINUTE,
    endedMs: undefined,
    error: '',
    ...over,
  };
}

/** One that failed at once, so many minutes ago. */
const failure = (minutesAgo: number, over: Partial<Run> = {}): Run =>
  run({
    phase: 'ended',
    failed: true,
    startedMs: NOW - (minutesAgo + 1) * MINUTE,
    endedMs: NOW - minutesAgo * MINUTE,
    ...over,
  });

/** Newest first, the newest of them `minutesAgo`. */
const failures = (count: number, minutesAgo: number): Run[] =>
  Array.from({ length: count }, (_, index) => failure(minutesAgo + 2 * index));

const anyRun: fc.Arbitrary<Run> = fc
  .record({
    id: fc.uuid(),
    phase: fc.constantFrom('live', 'stopping', 'ended'),
    failed: fc.boolean(),
    release: fc.constantFrom(RELEASE, OTHER, undefined),
    startedAgo: fc.integer({ min: 0, max: 3 * HEALTHY_MS }),
    lived: fc.double({ min: 0, max: 1, noNaN: true }),
    error: fc.constantFrom('', 'MR805: x', 'JobError: MR821: x', 'MR806'),
  })
  .map(({ startedAgo, lived, phase, failed, ...rest }) => {
    const startedMs = NOW - startedAgo;
    const ended = phase === 'ended';
    return {
      ...rest,
      phase,
      startedMs,
      failed: ended && failed,
      endedMs: ended ? startedMs + Math.round(startedAgo * lived) : undefined,
    } as Run;
  });
const anyRuns = fc
  .array(anyRun, { maxLength: 12 })
  .map((runs) => runs.toSorted((one, other) => other.startedMs - one.startedMs));

describe('a look at a stream', () => {
  test('what lives is never started again, and what does not is started or waited for', () => {
    fc.assert(
      fc.property(anyRuns, fc.nat({ max: 3 * DRAIN_MS }), (runs, askedAgo) => {
        // Prepare
        const alive = runs.some(({ phase }) => phase !== 'ended');

        // Act
        const decision = decide(plan(), runs, { askedMs: NOW - askedAgo }, NOW);

        // Assess
        if (alive) expect(decision.act).not.toBe('start');
        else expect(decision.act === 'start' || 'untilMs' in decision).toBe(true);
        if ('untilMs' in decision) {
          expect(decision.untilMs).toBeGreaterThan(NOW);
          expect(decision.untilMs).toBeLessThanOrEqual(NOW + LONGEST_PAUSE_MS);
        }
      }),
    );
  });

  test('only a run of another release is stopped, and none before it had its time', () => {
    fc.assert(
      fc.property(anyRuns, fc.nat({ max: 3 * DRAIN_MS }), (runs, askedAgo) => {
        // Prepare, Act
        const decision = decide(plan(), runs, { askedMs: NOW - askedAgo }, NOW);

        // Assess
        for (const id of decision.act === 'stop' ? decision.runs : []) {
          const stopped = runs.find((one) => one.id === id);
          expect(stopped).toMatchObject({ phase: 'live' });
          // Of no known release: only one that was there before this release was wanted.
          if (stopped?.release === undefined)
            expect(NOW - (stopped?.startedMs ?? NOW)).toBeGreaterThan(askedAgo);
          else expect(stopped.release).toBe(OTHER);
          expect(askedAgo).toBeGreaterThan(DRAIN_MS);
          expect(NOW - (stopped?.startedMs ?? NOW)).toBeGreaterThan(DRAIN_MS);
        }
      }),
    );
  });

  test('whatever it waits for, it starts after the longest pause', () => {
    fc.assert(
      fc.property(anyRuns, (runs) => {
        // Prepare
        const ended = runs.filter(({ phase }) => phase === 'ended');

        // Act
        const decision = decide(plan(), ended, { askedMs: NOW }, NOW + LONGEST_PAUSE_MS);

        // Assess
        expect(decision.act).toBe('start');
      }),
    );
  });

  test('two restarts at once, then pauses that double up to an hour', () => {
    // Prepare
    const counts = [0, 1, 2, 3, 4, 5, 8, 9, 40];

    // Act
    const minutes = counts.map((count) => pauseMs(count) / MINUTE);

    // Assess
    expect(minutes).toEqual([0, 0, 0, 1, 2, 4, 32, 60, 60]);
    expect(pauseMs(RUNS_LOOKED_AT)).toBe(LONGEST_PAUSE_MS);
    expect(pauseMs(RUNS_LOOKED_AT - 1)).toBeLessThan(LONGEST_PAUSE_MS);
  });

  test.each([
    [failures(2, 0), { act: 'start', failures: 2, down: true }],
    [failures(3, 0), { act: 'leave', why: 'backs off', untilMs: NOW + MINUTE, down: true }],
    [failures(3, 1), { act: 'start', failures: 3 }],
    [failures(5, 3), { act: 'leave', why: 'backs off', untilMs: NOW + MINUTE }],
    // It had run well: its failure counts for none.
    [[...failures(4, 0), failure(30, { startedMs: NOW - 60 * MINUTE }), ...failures(4, 70)], { failures: 4 }],
    [[failure(0, { startedMs: NOW - HEALTHY_MS }), ...failures(4, 20)], { act: 'start', failures: 0 }],
    // An upgrade does not wait for what failed before it.
    [failures(9, 0).map((one) => ({ ...one, release: OTHER })), { act: 'start', failures: 0 }],
    // Nobody knows of which release: it counts.
    [failures(9, 0).map((one) => ({ ...one, release: undefined })), { why: 'backs off' }],
    [[], { act: 'start', failures: 0, down: true }],
    [[run()], { act: 'leave', why: 'runs', down: false }],
    [[run({ phase: 'stopping' })], { act: 'leave', why: 'stops' }],
    [[run({ release: OTHER })], { act: 'leave', why: 'drains' }],
    // Nobody knows of which release: one from before the release was wanted makes room, one from after it does not.
    [[run({ release: undefined, startedMs: 0 })], { act: 'stop', runs: ['jr_1'] }],
    [[run({ release: undefined, startedMs: NOW - 20 * MINUTE })], { act: 'leave', why: 'runs' }],
  ] as const)('case %#', (runs, expected) => {
    // Prepare, Act
    const decision = decide(plan(), runs, { askedMs: NOW - 20 * MINUTE }, NOW);

    // Assess
    expect(decision).toMatchObject(expected);
  });

  test('one that is started again and again is down, though it lives at this look', () => {
    // Prepare
    const before = failures(RESTARTS_AT_ONCE + 1, 2);

    // Act
    const young = decide(plan(), [run(), ...before], { askedMs: NOW }, NOW);
    const grown = decide(
      plan(),
      [run({ startedMs: NOW - HEALTHY_MS }), ...failures(3, 11)],
      { askedMs: NOW },
      NOW,
    );

    // Assess
    expect(young).toMatchObject({ act: 'leave', down: true });
    expect(grown).toMatchObject({ act: 'leave', down: false });
  });

  test('one of no known release from before an upgrade has its time to end', () => {
    // Prepare
    const old = run({ release: undefined, startedMs: NOW - 600 * MINUTE });

    // Act
    const decision = decide(plan(), [old], { askedMs: NOW - DRAIN_MS }, NOW);

    // Assess
    expect(decision).toMatchObject({ act: 'leave', why: 'drains' });
  });

  test('one that lives long each time and never gets anywhere backs off, and is down while it lives', () => {
    // Prepare: each failed after 20 minutes
    const long = [0, 1, 2, 3].map((at) => failure(1 + 25 * at, { startedMs: NOW - (21 + 25 * at) * MINUTE }));
    const alive = run({ startedMs: NOW - 2 * HEALTHY_MS });
    const before = long.map((one) => ({
      ...one,
      startedMs: one.startedMs - HEALTHY_MS * 3,
      endedMs: (one.endedMs ?? 0) - HEALTHY_MS * 3,
    }));
    const at = (progressMs: number | undefined) => ({ askedMs: NOW - 600 * MINUTE, progressMs });

    // Act
    const idle = [undefined, NOW - 5 * MINUTE, NOW - 600 * MINUTE].map((ms) =>
      decide(plan(), long, at(ms), NOW),
    );
    const busy = [undefined, NOW - 5 * MINUTE, NOW - 600 * MINUTE].map((ms) =>
      decide(plan(), [alive, ...before], at(ms), NOW),
    );

    // Assess
    expect(idle.map(({ act, failures: count }) => [act, count])).toEqual([
      ['start', 0],
      ['start', 0],
      ['leave', 4],
    ]);
    expect(busy.map(({ down }) => down)).toEqual([false, false, true]);
  });

  test('a progress that the next run wrote at its start does not undo the failures before it', () => {
    // Prepare
    const known = { askedMs: NOW - 600 * MINUTE, progressMs: NOW - 1 };

    // Act
    const decision = decide(plan(), [run(), ...failures(3, 2)], known, NOW);

    // Assess
    expect(decision).toMatchObject({ failures: 3, down: true });
  });

  test('neither a queue nor attempts that the runtime repeated make a good life', () => {
    // Prepare
    const repeated = [0, 1, 2].map((at) =>
      failure(30 * at, { startedMs: NOW - (25 + 30 * at) * MINUTE, attemptMs: NOW - (2 + 30 * at) * MINUTE }),
    );

    // Act
    const decision = decide(plan(), repeated, { askedMs: NOW }, NOW);

    // Assess
    expect(decision).toMatchObject({ why: 'backs off', failures: 3, down: true });
  });

  test.each(['MR806', 'MR821'])('%s waits for an hour after one failure, and names what mends it', (code) => {
    // Prepare
    const error = `JobError: ${code}: no restart mends that\n  where: there`;

    // Act
    const early = decide(plan(), [failure(59, { error })], { askedMs: NOW }, NOW);
    const late = decide(plan(), [failure(60, { error })], { askedMs: NOW }, NOW);
    const upgraded = decide(plan(), [failure(1, { error, release: OTHER })], { askedMs: NOW }, NOW);

    // Assess
    expect(early).toMatchObject({ why: 'backs off', refusal: { code } });
    expect(early.refusal?.mend).toContain('millrace rebuild iot');
    expect(late).toMatchObject({ act: 'start', refusal: { code } });
    expect(upgraded).toMatchObject({ act: 'start', refusal: undefined });
  });
});

test('a progress that was written after the refusal tells that it was mended', () => {
  // Prepare: refused so often that the pause would be the longest
  const refused = Array.from({ length: 9 }, (_, at) => failure(5 + at, { error: 'MR821: x' }));

  // Act
  const before = decide(plan(), refused, { askedMs: NOW, progressMs: NOW - 6 * MINUTE }, NOW);
  const after = decide(plan(), refused, { askedMs: NOW, progressMs: NOW - 4 * MINUTE }, NOW);

  // Assess
  expect(before).toMatchObject({ why: 'backs off', refusal: { code: 'MR821' } });
  expect(after).toMatchObject({ act: 'start', refusal: undefined });
});

describe('a stream that reads what is there and ends', () => {
  const pausing = plan({ pauseSeconds: 120 });
  const done = (startedAgo: number) =>
    run({ phase: 'ended', startedMs: NOW - startedAgo * MINUTE, endedMs: NOW - startedAgo * MINUTE + 1 });

  test('starts again after its pause, from start to start, and is up meanwhile', () => {
    // Prepare, Act
    const early = decide(pausing, [done(1)], { askedMs: NOW }, NOW);
    const late = decide(pausing, [done(2)], { askedMs: NOW }, NOW);

    // Assess
    expect(early).toMatchObject({ why: 'pauses', untilMs: NOW + MINUTE, down: false });
    expect(late).toMatchObject({ act: 'start', down: false });
  });
});

describe('a job that runs once', () => {
  const once = plan({ keep: 'once', kind: 'gold', job: 'millrace-dev-iot-gold' });

  test('is started whatever failed before, unless it runs', () => {
    // Prepare
    const before = failures(9, 0);

    // Act
    const idle = decide(once, before, { askedMs: NOW }, NOW);
    const busy = decide(once, [run({ release: OTHER, startedMs: 0 }), ...before], { askedMs: NOW }, NOW);

    // Assess
    expect(idle).toMatchObject({ act: 'start', down: false });
    expect(busy).toMatchObject({ act: 'leave', why: 'runs', down: false });
  });
});
