import { describe, expect, test } from 'vitest';
import { auditText } from '../../../bin/command/audit/print.ts';
import {
  breaches,
  conclude,
  type DatasetAudit,
  equationText,
  summed,
} from '../../../lambdas/audit/equation.ts';
import { positionsIn } from '../../../lambdas/audit/lake-state.ts';

const AUDIT: DatasetAudit = {
  positions: 20,
  silver: 10,
  identicalDuplicates: 3,
  superseded: 0,
  quarantined: { unparseable: 1, invalid: 2, future: 1, 'too-old': 1, conflict: 1 },
  late: 2,
  failed: 1,
  lost: 0,
  duplicated: 0,
  disagreed: 0,
  bronzePositions: 20,
};

describe('the equation', () => {
  test('adds up findings, and takes failed positions out of the lost ones', () => {
    // Prepare
    const findings = {
      classes: [
        { class: 'silver', positions: 4, inBronze: 3, disagreed: 1 },
        { class: 'identicalDuplicate', positions: 2, inBronze: 2, disagreed: 0 },
        { class: 'conflict', positions: 1, inBronze: 1, disagreed: 0 },
        { class: 'none', positions: 2, inBronze: 2, disagreed: 0 },
      ] as const,
      silver: { rows: 5, duplicated: 1, late: 1 },
      unaccounted: [{ partition: 0, first: 7, last: 8 }],
      unknown: [{ partition: 1, first: 0, last: 2 }],
      failures: [
        { partition: 0, first: 8, last: 8 },
        { partition: 1, first: 0, last: 1 },
        { partition: 2, first: 0, last: 9 },
      ],
    };
    // Act
    const { audit, lost } = conclude(findings);
    // Assess
    expect(audit).toEqual({
      positions: 12,
      silver: 5,
      identicalDuplicates: 2,
      superseded: 0,
      quarantined: { unparseable: 0, invalid: 0, future: 0, 'too-old': 0, conflict: 1 },
      late: 1,
      failed: 3,
      lost: 2,
      duplicated: 1,
      disagreed: 1,
      bronzePositions: 8,
    });
    expect(lost).toEqual([
      { partition: 0, first: 7, last: 7 },
      { partition: 1, first: 2, last: 2 },
    ]);
  });

  test('is spelled out, and says where it does not add up', () => {
    // Prepare
    const short = { ...AUDIT, positions: 21 };
    // Act
    const [sound, off] = [equationText(AUDIT), equationText(short)];
    // Assess
    expect(sound).toBe(
      '20 positions = 10 silver + 3 identical duplicates + 0 superseded + 6 quarantined + 1 failed',
    );
    expect(off).toContain('(adds up to 20: off by 1)');
  });

  test('is summed over datasets', () => {
    // Prepare
    const broken = { ...AUDIT, lost: 2, disagreed: 1 };
    // Act
    const audit = summed({ one: broken, other: { ...broken, duplicated: 4 } });
    // Assess
    expect(audit).toMatchObject({ lost: 4, duplicated: 4, disagreed: 2 });
    expect(Object.keys(audit)).toEqual(['lost', 'duplicated', 'disagreed', 'datasets']);
    expect(breaches(audit)).toEqual(['lost 4', 'duplicated 4', 'disagreed 2']);
    expect(breaches(summed({ one: AUDIT }))).toEqual([]);
    expect(breaches(summed({ one: { ...AUDIT, bronzePositions: 17 } }))).toEqual(['not in bronze 3']);
  });

  test('is printed with every term', () => {
    // Prepare
    const audit = summed({ one: AUDIT });
    // Act
    const text = auditText(audit);
    // Assess
    expect(text).toContain('1 unparseable, 2 invalid, 1 future, 1 too-old, 1 conflict');
    expect(text).toContain('lost 0, duplicated 0, disagreed 0');
    expect(text).not.toContain('what Kafka took');
    expect(auditText({ ...audit, to: '2026-11-01T00:00:00.000Z' })).toMatch(
      /^what Kafka took before 2026-11-01T00:00:00.000Z\n/,
    );
  });
});

describe('positions in an invocation record', () => {
  test('are those of the topic', () => {
    // Prepare
    const at = (topic: string, partition: number, offset: number) => ({
      topic,
      partition,
      offset,
      value: 'e30=',
    });
    const payload = JSON.stringify({
      records: { 'a-0': [at('a', 0, 5), at('a', 0, 6)], 'b-1': [at('b', 1, 9)] },
    });
    // Act
    const found = positionsIn(JSON.stringify({ version: '1.0', payload }), 'a');
    // Assess
    expect(found).toEqual([
      { partition: 0, first: 5, last: 5 },
      { partition: 0, first: 6, last: 6 },
    ]);
  });

  test('are those of the topic that the stream reads, where another came before', () => {
    // Prepare
    const one = { topic: 'a', partition: 0 };
    const records = {
      'a-0': [
        { ...one, offset: 5, timestamp: 999 },
        { ...one, offset: 6, timestamp: 1_000 },
      ],
    };
    // Act
    const found = positionsIn(JSON.stringify({ payload: { records } }), 'a', '1970-01-01T00:00:01.000Z');
    // Assess
    expect(found).toEqual([{ partition: 0, first: 6, last: 6 }]);
  });

  test.each(['', 'no JSON', '{}', '{"payload":"{"}', '{"payload":{}}'])('are none in %j', (text) => {
    // Prepare, act
    const found = positionsIn(text, 'a');
    // Assess
    expect(found).toEqual([]);
  });
});
