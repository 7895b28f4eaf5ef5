import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { breaches } from '../../../lambdas/simulate/breach.ts';
import { simulatorOf } from '../../../lambdas/simulate/choice.ts';
import { genericSimulator } from '../../../lambdas/simulate/generic.ts';
import type { Expected } from '../../../lambdas/simulate/ledger.ts';
import type { Message } from '../../../lambdas/simulate/message.ts';
import { endlessPlan, finitePlan, type Plan } from '../../../lambdas/simulate/plan.ts';
import { randomFrom } from '../../../lambdas/simulate/random.ts';
import { run } from '../../../lambdas/simulate/run.ts';
import type { Simulator } from '../../../lambdas/simulate/simulator.ts';
import { compileJudge, type Judgement } from '../../../lib/contract/judge.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { datasetNamed } from '../../../lib/datasets/index.ts';
import { datedToy, toyManifest } from './toy.ts';

const NOW = Date.parse('2026-03-02T10:00:00.000Z');
const DAY_MS = 86_400_000;
const { manifest: iot } = await datasetNamed('iot');

function planOf(manifest: Manifest, events: number, seed = 7): Plan {
  return finitePlan({ seed, events, nowMs: NOW, partitions: 3, kinds: breaches(manifest).length });
}

async function produced(manifest: Manifest, plan: Plan, simulator?: Simulator) {
  const made = run(manifest, simulator ?? (await simulatorOf(manifest, plan.seed)), plan);
  const messages = [...made.messages];
  return { messages, expected: made.expected() };
}

/** Judges as the landing would, then keeps the first of each identity as silver would: an independent count. */
function reckon(manifest: Manifest, messages: readonly Message[]) {
  const judge = compileJudge(manifest);
  const identity = manifest.identity.map((column) =>
    manifest.fields.findIndex((field) => field.column === column),
  );
  const observed = manifest.fields.findIndex((field) => field.column === manifest.observedTime);
  const silver = new Map<string, string>();
  const newest = new Map<number, number>();
  const found: Record<string, number> = { late: 0, identicalDuplicates: 0, conflict: 0 };
  for (const { value, partition } of messages) {
    const judgement: Judgement = judge(value, NOW);
    if (judgement.verdict !== 'valid') {
      found[judgement.verdict] = (found[judgement.verdict] ?? 0) + 1;
      continue;
    }
    const id = JSON.stringify(identity.map((index) => judgement.values[index]));
    const content = JSON.stringify(judgement.values);
    const time = judgement.values[observed] as number;
    const last = newest.get(partition) ?? Number.NEGATIVE_INFINITY;
    newest.set(partition, Math.max(last, time));
    const stored = silver.get(id);
    if (stored === undefined) {
      silver.set(id, content);
      if (time < last - manifest.time.latenessMs) found.late = (found.late ?? 0) + 1;
    } else if (stored === content) found.identicalDuplicates = (found.identicalDuplicates ?? 0) + 1;
    else found.conflict = (found.conflict ?? 0) + 1;
  }
  return { ...found, distinct: silver.size };
}

function asReckoned(expected: Expected) {
  const { quarantined, late, identicalDuplicates, distinct } = expected;
  const kept = Object.entries(quarantined).filter(([reason, count]) => count > 0 || reason === 'conflict');
  return { late, identicalDuplicates, distinct, ...Object.fromEntries(kept) };
}

describe('a run of the iot dataset', () => {
  test('holds exactly what its ledger says', async () => {
    // Prepare
    const plan = planOf(iot, 20_000);
    // Act
    const { messages, expected } = await produced(iot, plan);
    // Assess
    expect(reckon(iot, messages)).toEqual(asReckoned(expected));
    expect(expected.distinct).toBe(20_000);
    expect(expected.records).toBe(messages.length);
    expect(expected.kinds.duplicate).toBe(400);
    expect(expected.late).toBeGreaterThan(90);
    expect(Math.min(...Object.values(expected.quarantined))).toBeGreaterThan(0);
  });

  test.each([200, 1000])('holds everything at least once in %i events', async (events) => {
    // Prepare
    const plan = planOf(iot, events);
    // Act
    const { messages, expected } = await produced(iot, plan);
    // Assess
    expect(reckon(iot, messages)).toEqual(asReckoned(expected));
    expect(Object.keys(expected.kinds)).toEqual(
      expect.arrayContaining([
        ...breaches(iot).map((way) => way.kind),
        'event',
        'duplicate',
        'retold',
        'future',
        'too-old',
        'conflict',
        'stray',
      ]),
    );
  });

  test.each([0, 1, 99])('of %i events has as many distinct ones', async (events) => {
    // Prepare
    const plan = planOf(iot, events);
    // Act
    const { messages, expected } = await produced(iot, plan);
    // Assess
    expect(expected.distinct).toBe(events);
    expect(reckon(iot, messages)).toMatchObject({ distinct: events });
  });

  test('has one event for each second, from midnight on, before today', async () => {
    // Prepare
    const plan = planOf(iot, 5000);
    // Act
    const { messages } = await produced(iot, plan);
    // Assess
    const judge = compileJudge(iot);
    const seconds = new Set<number>();
    for (const { value } of messages) {
      const judgement = judge(value, NOW);
      if (judgement.verdict === 'valid') seconds.add(Math.floor((judgement.values[3] as number) / 1000));
    }
    const first = Date.parse('2026-03-01T00:00:00.000Z') / 1000;
    for (let second = 0; second < 5000; second += 1) expect(seconds.has(first + second)).toBe(true);
  });

  test('a week starts seven days ago', () => {
    // Prepare
    const events = 604_800;
    // Act
    const plan = planOf(iot, events);
    // Assess
    expect(new Date(plan.startMs).toISOString()).toBe('2026-02-23T00:00:00.000Z');
    expect(plan.startMs + 7 * DAY_MS).toBe(plan.midnightMs);
  });

  test('is the same again for the same seed, and another for another', async () => {
    // Prepare
    const fingerprint = async (seed: number, nowMs: number) => {
      const plan = finitePlan({ seed, events: 2000, nowMs, partitions: 3, kinds: breaches(iot).length });
      const hash = createHash('sha256');
      for (const { key, value, partition } of (await produced(iot, plan)).messages) {
        hash.update(`${partition}/${key?.toString()}/`).update(value ?? 'null');
      }
      return hash.digest('hex');
    };
    // Act
    const [one, again, other] = [
      await fingerprint(1, NOW),
      await fingerprint(1, NOW + 3_600_000),
      await fingerprint(2, NOW),
    ];
    // Assess
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test('holds one value of about a megabyte', async () => {
    // Prepare
    const plan = planOf(iot, 1000);
    // Act
    const { messages } = await produced(iot, plan);
    // Assess
    const big = messages.filter(({ value }) => (value?.length ?? 0) > 900_000);
    expect(big).toHaveLength(1);
    expect(big[0]?.value?.length).toBeLessThanOrEqual(iot.topic.maxMessageBytes);
  });

  test('without end is dated by the clock', async () => {
    // Prepare
    const plan = endlessPlan({ seed: 1, nowMs: NOW, partitions: 3 });
    const made = run(iot, await simulatorOf(iot, 1), plan, () => NOW);
    const taken: Message[] = [];
    // Act
    for (const message of made.messages) {
      taken.push(message);
      if (taken.length === 3000) break;
    }
    // Assess
    expect(reckon(iot, taken)).toEqual(asReckoned(made.expected()));
    const times = taken.map(({ value }) => /"timestamp":"([^"]{24})"/.exec(value?.toString() ?? '')?.[1]);
    expect(times.filter((time) => time === new Date(NOW).toISOString()).length).toBeGreaterThan(2800);
  });
});

describe('every way to break a record', () => {
  test.each(breaches(iot).map((way) => [way.kind, way] as const))(
    '%s is refused as said',
    async (_kind, way) => {
      // Prepare
      const simulator = await simulatorOf(iot, 3);
      const judge = compileJudge(iot);
      const random = randomFrom(3, way.kind);
      // Act
      const verdicts = Array.from(
        { length: 50 },
        (_, i) => judge(way.make(simulator.event(i, random, NOW), random), NOW).verdict,
      );
      // Assess
      expect(new Set(verdicts)).toEqual(new Set([way.reason]));
    },
  );
});

describe('a dataset without a simulator of its own', () => {
  test('is simulated from its contract', async () => {
    // Prepare
    const plan = planOf(toyManifest, 3000);
    // Act
    const { messages, expected } = await produced(toyManifest, plan, genericSimulator(toyManifest, 7));
    // Assess
    expect(reckon(toyManifest, messages)).toEqual(asReckoned(expected));
    expect(expected.distinct).toBe(3000);
  });

  test('may lie in days of a date', async () => {
    // Prepare
    const manifest = datedToy();
    const plan = planOf(manifest, 3000);
    // Act
    const { messages, expected } = await produced(manifest, plan, genericSimulator(manifest, 7));
    // Assess
    expect(reckon(manifest, messages)).toEqual(asReckoned(expected));
    expect(expected.distinct).toBe(3000);
    expect(expected.kinds.stray).toBeGreaterThan(0);
  });

  test.each(breaches(datedToy()).map((way) => [way.kind, way] as const))(
    'is broken as said, dates too: %s',
    (_kind, way) => {
      // Prepare
      const manifest = datedToy();
      const simulator = genericSimulator(manifest, 3);
      const judge = compileJudge(manifest);
      const random = randomFrom(3, way.kind);
      // Act
      const verdicts = Array.from(
        { length: 50 },
        (_, i) => judge(way.make(simulator.event(i, random, NOW), random), NOW).verdict,
      );
      // Assess
      expect(new Set(verdicts)).toEqual(new Set([way.reason]));
    },
  );

  test('iot too can be simulated from its contract alone', async () => {
    // Prepare
    const plan = planOf(iot, 3000);
    // Act
    const { messages, expected } = await produced(iot, plan, genericSimulator(iot, 7));
    // Assess
    expect(reckon(iot, messages)).toEqual(asReckoned(expected));
  });
});
