import type { MSKEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { encodeEvent, encodeRecord, envelopeBytes } from '../../../localstack/lambda/record.ts';
import { message, source } from './polled.ts';

describe('encodeRecord', () => {
  it('writes a record as Lambda does', () => {
    // Prepare
    const odd = message(7, {
      headers: {
        trace: Buffer.from('hë'),
        again: [Buffer.from('a'), Buffer.from('b')],
        kéy: Buffer.alloc(0),
      },
    });

    // Act
    const record = encodeRecord('events', 2, odd);

    // Assess
    expect(JSON.parse(record.json)).toEqual({
      topic: 'events',
      partition: 2,
      offset: 7,
      timestamp: 1_700_000_000_123,
      timestampType: 'LOG_APPEND_TIME',
      key: Buffer.from('k').toString('base64'),
      value: Buffer.from('value 7').toString('base64'),
      headers: [{ trace: [104, -61, -85] }, { again: [97] }, { again: [98] }, { kéy: [] }],
    });
    expect(record).toMatchObject({ partition: 'events-2', offset: 7, timestamp: 1_700_000_000_123 });
    expect(record.bytes).toBe(Buffer.byteLength(record.json));
  });

  it('leaves out a null key and a null value, and keeps empty ones', () => {
    // Prepare
    const [none, empty] = [
      message(0, { key: null, value: null }),
      message(1, { key: Buffer.alloc(0), value: Buffer.alloc(0) }),
    ];

    // Act
    const records = [none, empty].map((one) => JSON.parse(encodeRecord('events', 0, one).json));

    // Assess
    expect(records[0]).not.toHaveProperty('key');
    expect(records[0]).not.toHaveProperty('value');
    expect(records[1]).toMatchObject({ key: '', value: '' });
  });

  it("says where the time is the producer's", () => {
    // Prepare
    const produced = message(0, { batchContext: { timestampType: 0 } });

    // Act
    const record = encodeRecord('events', 0, produced);

    // Assess
    expect(JSON.parse(record.json)).toMatchObject({ timestampType: 'CREATE_TIME' });
  });
});

describe('encodeEvent', () => {
  it("groups records by partition under the mapping's source, in as many bytes as reckoned", () => {
    // Prepare
    const records = [
      encodeRecord('a', 0, message(1)),
      encodeRecord('a', 0, message(2)),
      encodeRecord('a', 1, message(1)),
    ];

    // Act
    const bytes = encodeEvent(source, records);

    // Assess
    const event = JSON.parse(bytes.toString()) as MSKEvent;
    expect(event).toMatchObject({ eventSource: 'aws:kafka', ...source });
    expect(Object.entries(event.records).map(([name, of]) => [name, of.map(({ offset }) => offset)])).toEqual(
      [
        ['a-0', [1, 2]],
        ['a-1', [1]],
      ],
    );
    const commas = 2;
    const reckoned =
      envelopeBytes(source, ['a-0', 'a-1']) + records.reduce((sum, record) => sum + record.bytes, 0) + commas;
    expect(Math.abs(bytes.length - reckoned)).toBeLessThanOrEqual(2);
  });
});
