import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cadence } from '../../../lambdas/simulate/cadence.ts';
import { murmur2, partitionOf } from '../../../lambdas/simulate/partition.ts';
import { patternSample } from '../../../lambdas/simulate/pattern.ts';
import { randomFrom } from '../../../lambdas/simulate/random.ts';

describe('random numbers', () => {
  test('differ between seeds and between streams of one seed', () => {
    // Prepare
    const names = [1, 2, 3, -1, 0, 12].flatMap((seed) =>
      ['a', 'b', 'contents'].map((name) => [seed, name] as const),
    );
    // Act
    const firsts = names.map(([seed, name]) => randomFrom(seed, name).uuid());
    // Assess
    expect(new Set(firsts).size).toBe(names.length);
  });

  test('are uniform enough, and normal enough', () => {
    // Prepare
    const random = randomFrom(5, 'shape');
    const count = 50_000;
    // Act
    const units = Array.from({ length: count }, () => random.unit());
    const normals = Array.from({ length: count }, () => random.normal());
    // Assess
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / count;
    expect(mean(units)).toBeCloseTo(0.5, 1);
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((value) => value * value))).toBeCloseTo(1, 1);
  });

  test('make UUIDs of version 4', () => {
    // Prepare
    const random = randomFrom(5, 'uuid');
    // Act
    const ids = Array.from({ length: 2000 }, () => random.uuid());
    // Assess
    expect(new Set(ids).size).toBe(2000);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('a cadence', () => {
  test('hits rate * N times in N events, to within one', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, events, rate) => {
          // Prepare
          const beat = cadence(rate, randomFrom(seed, 'beat'));
          // Act
          let hits = 0;
          for (let i = 0; i < events; i += 1) hits += beat.hit() ? 1 : 0;
          // Assess
          expect(Math.abs(hits - rate * events)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test.each([1, 2, 7, 45, 200])('of %i in 200 events hits exactly as often', (count) => {
    // Prepare
    const beats = Array.from({ length: 200 }, (_, seed) => cadence(count / 200, randomFrom(seed, 'exact')));
    // Act
    const hits = beats.map((beat) => Array.from({ length: 200 }, () => beat.hit()).filter(Boolean).length);
    // Assess
    expect(new Set(hits)).toEqual(new Set([count]));
  });
});

describe('the partition of a key', () => {
  // Values of org.apache.kafka.common.utils.UtilsTest.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Kafka does', (text, hash) => {
    // Prepare
    const key = Buffer.from(text);
    // Act
    const found = murmur2(key) | 0;
    // Assess
    expect(found).toBe(hash);
    expect(partitionOf(key, 3)).toBe((hash & 0x7fffffff) % 3);
  });
});

describe('a sample of a pattern', () => {
  test.each([
    '^device-[0-9]{3}$',
    '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
    '^v(0|[1-9][0-9]*)\\.\\d+\\.\\d{1,3}$',
    '^(?:ab|c?d+|[A-Z_.-]){2,4}x*$',
    '^[\\w-]+@[a-z]+\\.(com|org)$',
  ])('matches %s', (pattern) => {
    // Prepare
    const sample = patternSample(pattern);
    const random = randomFrom(1, pattern);
    // Act
    const texts = Array.from({ length: 200 }, () => sample(random));
    // Assess
    for (const text of texts) expect(text).toMatch(new RegExp(pattern, 'u'));
  });

  test.each(['^(?=a)b$', '^[^a]$', '^\\bword$', '^(a$', '^*$'])('refuses %s with a code', (pattern) => {
    // Prepare
    const act = () => patternSample(pattern);
    // Act and assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR501' }));
  });
});
