import { describe, expect, test } from 'vitest';
import { MillraceError } from '../lib/errors.ts';
import { checkedStage, stageNames, stageOf } from '../lib/stages.ts';

function failureOf(act: () => unknown): MillraceError {
  try {
    act();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('stages', () => {
  test('dev is the default', () => {
    // Prepare
    const name = undefined;

    // Act
    const stage = stageOf(name);

    // Assess
    expect(stage.name).toBe('dev');
  });

  test.each(stageNames)('%s can be deployed', (name) => {
    // Prepare, Act
    const stage = stageOf(name);

    // Assess
    expect(stage.name).toBe(name);
  });

  test.each(['test', 'Dev', '', 1, null, 'constructor'])('%j is refused with what is allowed', (name) => {
    // Prepare, Act
    const failure = failureOf(() => stageOf(name));

    // Assess
    expect(failure.code).toBe('MR200');
    expect(failure.message).toContain(JSON.stringify(name));
    for (const allowed of stageNames) expect(failure.mend).toContain(`-c stage=${allowed}`);
  });

  test('prod keeps what Kafka has for a week, and its data for good', () => {
    // Prepare, Act
    const stage = stageOf('prod');

    // Assess
    expect(stage.topics.minimumRetentionHours).toBeGreaterThanOrEqual(168);
    expect(stage.removal).toBe('retain');
    expect(stage.kafka.kind).toBe('express');
  });
});

describe('settings', () => {
  const { name: _, ...dev } = stageOf('dev');
  const { name: __, ...prod } = stageOf('prod');

  const wrong: readonly [string, unknown, string][] = [
    ['four zones', { ...dev, network: { ...dev.network, zones: 4 } }, 'network.zones'],
    ['an unknown setting', { ...dev, zoness: 2 }, 'zoness'],
    ['a missing setting', { ...dev, removal: undefined }, 'removal'],
    ['a source without its dataset', { ...dev, sources: ['carrier'] }, 'must be DATASET/SOURCE'],
    [
      'Express brokers in two zones',
      { ...prod, network: dev.network },
      'network: Express brokers need 3 zones',
    ],
    [
      'Express topics of two replicas',
      { ...prod, topics: { ...prod.topics, replication: 2 } },
      'topics.replication',
    ],
    [
      'more replicas than brokers',
      { ...dev, topics: { ...dev.topics, replication: 3 } },
      'there are only 2 brokers',
    ],
    [
      'endpoints in zones that are not',
      { ...dev, network: { ...dev.network, endpointZones: 3 } },
      'there are only 2 zones',
    ],
    [
      'more pollers at least than at most',
      { ...dev, landing: { ...dev.landing, pollers: { minimum: 3, maximum: 2 } } },
      'landing.pollers.minimum',
    ],
    [
      'a batch beyond what Lambda takes',
      { ...dev, landing: { ...dev.landing, batchSize: 10_001 } },
      'batchSize',
    ],
    [
      'a rebuild that Glue stops before its time',
      { ...dev, jobs: { ...dev.jobs, rebuildTimeoutMinutes: 10_081 } },
      'jobs.rebuildTimeoutMinutes',
    ],
    ['a mode that is none', { ...dev, jobs: { ...dev.jobs, mode: 'sometimes' } }, 'continuous'],
    [
      'a broker that is none',
      { ...dev, kafka: { ...dev.kafka, instanceType: 't3.small' } },
      'kafka.t3.small',
    ],
  ];

  test.each(wrong)('%s is refused by name', (_case, candidate, named) => {
    // Prepare, Act
    const failure = failureOf(() => checkedStage('dev', candidate));

    // Assess
    expect(failure.code).toBe('MR201');
    expect(failure.where).toContain(named);
  });

  test('every wrong setting is named at once', () => {
    // Prepare
    const candidate = { ...dev, zoness: 9, removal: 'maybe' };

    // Act
    const failure = failureOf(() => checkedStage('dev', candidate));

    // Assess
    expect(failure.where).toContain('zones');
    expect(failure.where).toContain('removal');
  });
});
