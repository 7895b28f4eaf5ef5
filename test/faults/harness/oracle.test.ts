import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { simulatorOf } from '../../../lambdas/simulate/choice.ts';
import { randomFrom } from '../../../lambdas/simulate/random.ts';
import { dataset } from '../../../lib/datasets/iot.ts';
import { compare, expectedLake, type Found, faultsOf } from './oracle.ts';
import type { Witnessed } from './witness.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const sha1 = (value: Buffer): string => createHash('sha1').update(value).digest('hex');

/** Two events, one of them sent twice, a contradiction, a record that is no JSON, one from the future. */
async function topic(): Promise<Witnessed[]> {
  const simulator = await simulatorOf(dataset.manifest, 5);
  const random = randomFrom(5, 'contents');
  const [one, two] = [simulator.event(0, random, NOW - 60_000), simulator.event(1, random, NOW - 30_000)];
  const later = simulator.event(2, random, NOW + 3_600_000);
  const values = [one, two, one, simulator.conflicting(two, random), '{', later].map((value) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  );
  return values.map((value, offset) => ({ partition: 0, offset, timestamp: NOW + offset, value }));
}

/** A lake that is as it must be. */
function lakeOf(records: readonly Witnessed[]): Found {
  const { rows, quarantined } = expectedLake(dataset, records);
  const rejected = [...quarantined].map(([place, what]) => {
    const [partition = 0, offset = 0] = place.split('/').map(Number);
    return { partition, offset, what };
  });
  return {
    silver: [...rows.values()],
    landed: rejected.filter(({ what }) => what !== 'conflict'),
    rejected,
    bronze: records.map(({ partition, offset, value }) => ({
      partition,
      offset,
      what: value === null ? null : sha1(value),
    })),
  };
}

async function judged(
  damage: (found: Found) => Found,
  acknowledged: readonly { partition: number; offset: number }[] = [],
) {
  const records = await topic();
  const found = damage(lakeOf(records));
  return faultsOf(compare({ dataset, records, acknowledged, found, sha1 }));
}

describe('the oracle', () => {
  test('knows what becomes of each record', async () => {
    // Act
    const { rows, quarantined, identicalDuplicates } = expectedLake(dataset, await topic());

    // Assess
    expect([...rows.values()].map(({ offset }) => offset)).toEqual([0, 1]);
    expect(Object.fromEntries(quarantined)).toEqual({
      '0/3': 'conflict',
      '0/4': 'unparseable',
      '0/5': 'future',
    });
    expect(identicalDuplicates).toBe(1);
  });

  test('has nothing to say of a lake that is as it must be', async () => {
    expect(await judged((found) => found)).toEqual([]);
  });

  const damages: readonly [string, (found: Found) => Found, string][] = [
    ['a lost row', (found) => ({ ...found, silver: found.silver.slice(1) }), 'lost 1'],
    [
      'a row twice',
      (found) => ({ ...found, silver: [...found.silver, ...found.silver.slice(1)] }),
      'duplicated 1',
    ],
    [
      'an altered value',
      (found) => ({
        ...found,
        silver: found.silver.map((row, at) =>
          at === 0
            ? {
                ...row,
                content: row.content.map((value) => (typeof value === 'number' ? value + 1e-9 : value)),
              }
            : row,
        ),
      }),
      'altered 1',
    ],
    [
      'a later duplicate stored in the place of the first',
      (found) => ({
        ...found,
        silver: found.silver.map((row, at) => (at === 0 ? { ...row, offset: 2 } : row)),
      }),
      'altered 1',
    ],
    ['a fault that the landing lost', (found) => ({ ...found, landed: found.landed.slice(1) }), 'lost 1'],
    ['a conflict that is nowhere', (found) => ({ ...found, rejected: found.rejected.slice(1) }), 'lost 1'],
    [
      'a second row of a position with another reason',
      (found) => ({
        ...found,
        rejected: [
          ...found.rejected,
          ...found.rejected.slice(0, 1).map((one) => ({ ...one, what: 'future' })),
        ],
      }),
      'unfounded 1',
    ],
    [
      'a position in bronze that nobody sent',
      (found) => ({ ...found, bronze: [...found.bronze, { partition: 9, offset: 1, what: null }] }),
      'unfounded 1',
    ],
    [
      'another reason',
      (found) => ({ ...found, landed: found.landed.map((one) => ({ ...one, what: 'invalid' })) }),
      'unfounded 2',
    ],
    [
      'a position that bronze lacks',
      (found) => ({ ...found, bronze: found.bronze.slice(1) }),
      'notInBronze 1',
    ],
    [
      'other bytes in bronze',
      (found) => ({
        ...found,
        bronze: found.bronze.map((one, at) => (at === 2 ? { ...one, what: 'x' } : one)),
      }),
      'notInBronze 1',
    ],
  ];
  for (const [name, damage, fault] of damages) {
    test(`catches ${name}`, async () => {
      expect(await judged(damage)).toEqual([fault]);
    });
  }

  test('catches an acknowledged record that no consumer gets', async () => {
    expect(await judged((found) => found, [{ partition: 0, offset: 6 }])).toEqual(['lost 1']);
  });
});
