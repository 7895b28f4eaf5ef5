import { describe, expect, it } from 'vitest';
import { compileTabulate, encodeHeaders } from '../../../lambdas/land/table.ts';
import { base64, kafkaTime, manifest, reading, record } from './readings.ts';

const tabulate = compileTabulate(manifest);

describe('compileTabulate', () => {
  it('lays a valid record out as one bronze row with its typed columns', () => {
    // Prepare
    const value = reading(5, {
      count: 9_007_199_254_740_991,
      checked: false,
      place: { note: 'é' },
      due: '2026-03-01',
    });

    // Act
    const { bronze, quarantine, verdicts, bytes } = tabulate([record(5, { value: base64(value) })]);

    // Assess
    const row = Object.fromEntries(
      bronze.columns.map(({ name }, index) => [name, bronze.values[index]?.[0]]),
    );
    expect(row).toEqual({
      kafka_topic: 'readings',
      kafka_partition: 0,
      kafka_offset: 5,
      kafka_timestamp: kafkaTime,
      kafka_key: Buffer.from('r-5'),
      kafka_value: Buffer.from(value),
      kafka_headers: null,
      verdict: 'valid',
      verdict_path: null,
      verdict_detail: null,
      reading_id: 'r-5',
      taken_at: Date.UTC(2026, 2, 1, 10, 59, 58, 123),
      level: 5.25,
      count: 9_007_199_254_740_991,
      checked: false,
      place_note: 'é',
      due: 20_513,
    });
    expect(quarantine.values[0]).toEqual([]);
    expect(verdicts).toEqual({ valid: 1, unparseable: 0, invalid: 0, future: 0, 'too-old': 0 });
    expect(bytes).toBe(Buffer.byteLength(value));
  });

  it.each([
    ['null', null, 'unparseable', '$'],
    ['absent', undefined, 'unparseable', '$'],
    ['empty', '', 'unparseable', '$'],
    ['no UTF-8', base64(Uint8Array.of(0xff, 0xfe)), 'unparseable', '$'],
    ['no JSON', base64('{"reading_id":'), 'unparseable', '$'],
    ['no object', base64('[1]'), 'invalid', '$'],
    ['a broken field', base64(reading(1, { level: '7' })), 'invalid', 'level'],
    ['a deep broken field', base64(reading(1, { place: { note: 7 } })), 'invalid', 'place.note'],
    ['ahead of its time', base64(reading(1, { taken_at: '2026-03-01T12:00:00.000Z' })), 'future', 'taken_at'],
    ['long past', base64(reading(1, { taken_at: '2020-01-01T00:00:00.000Z' })), 'too-old', 'taken_at'],
  ])('keeps a value that is %s in bronze and in quarantine', (_, value, verdict, path) => {
    // Prepare
    const records = [record(0), record(1, { value }), record(2)];

    // Act
    const { bronze, quarantine } = tabulate(records);

    // Assess
    const column = (name: string): unknown =>
      bronze.values[bronze.columns.findIndex((one) => one.name === name)];
    expect(column('verdict')).toEqual(['valid', verdict, 'valid']);
    expect(column('verdict_path')).toEqual([null, path, null]);
    expect(column('level')).toEqual([0.25, null, 2.25]);
    const row = Object.fromEntries(
      quarantine.columns.map(({ name }, index) => [name, quarantine.values[index]?.[0]]),
    );
    expect(row).toMatchObject({ kafka_offset: 1, reason: verdict, path, detail: expect.any(String) });
    expect(row.kafka_value).toEqual(typeof value === 'string' ? Buffer.from(value, 'base64') : null);
  });

  it('takes a record without a key', () => {
    // Prepare
    const records = [record(0, { key: undefined }), record(1, { key: null }), record(2, { key: '' })];

    // Act
    const { bronze } = tabulate(records);

    // Assess
    expect(bronze.values[4]).toEqual([null, null, Buffer.alloc(0)]);
  });

  it('refuses a manifest whose columns it does not know', () => {
    // Prepare
    const { columns } = manifest;
    const odd = {
      ...manifest,
      columns: { ...columns, bronze: [{ name: 'odd', type: 'string', comment: '' }] },
    } as const;

    // Act
    const compile = (): unknown => compileTabulate(odd);

    // Assess
    expect(compile).toThrow(expect.objectContaining({ code: 'MR804' }));
  });
});

describe('encodeHeaders', () => {
  it('gives key and base64 in order, from signed bytes as Lambda sends them', () => {
    // Prepare
    const headers = [{ trace: [104, 105] }, { trace: [-61, -85] }, { kéy: [] }] as {
      [key: string]: number[];
    }[];

    // Act
    const text = encodeHeaders(headers);

    // Assess
    expect(JSON.parse(text ?? '')).toEqual([
      ['trace', base64('hi')],
      ['trace', base64('ë')],
      ['kéy', ''],
    ]);
  });

  it.each([[[]], [null], [undefined]])('gives null for none (%j)', (headers) => {
    // Prepare, Act
    const text = encodeHeaders(headers);

    // Assess
    expect(text).toBeNull();
  });
});
