import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultPlace } from '../../../bin/command/quarantine/fault-place.ts';
import { positionOf, recordOf } from '../../../bin/command/quarantine/record.ts';
import { placeText, valueText } from '../../../bin/command/quarantine/value-text.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

describe('the place of a fault', () => {
  test.each([
    ['a value', '{"a":1,"b":"x"}', 'b', '"x"'],
    ['a value below', '{"m":{"é":"🧊"},"n":{"z":-1}}', 'n.z', '-1'],
    ['the last of a key that comes twice', '{"a":1,"a":"one"}', 'a', '"one"'],
    ['what stands where an object should be', '{"m":"flat"}', 'm.z', '"flat"'],
    ['where the text stops being JSON', '{"a":1,}', '$', '}'],
    ['a word that JSON does not have', '{"a":NaN}', '$', 'NaN'],
  ])('is %s', (_what, text, path, expected) => {
    // Prepare
    const value = bytes(text);

    // Act
    const place = faultPlace(value, path);

    // Assess
    expect(value.subarray(place?.begin, place?.end).toString()).toBe(expected);
  });

  test.each([
    ['of what is missing', '{"a":1}', 'b'],
    ['of the whole', '[1,2]', '$'],
  ])('is not told %s', (_what, text, path) => {
    // Act
    const place = faultPlace(bytes(text), path);

    // Assess
    expect(place).toBeUndefined();
    expect(placeText(bytes(text), place)).toBe('the whole value, or what it lacks');
  });

  test('is the first byte that is not UTF-8', () => {
    // Prepare
    const value = Buffer.concat([bytes('{"é":"'), Buffer.from([0xff, 0xfe]), bytes('"}')]);

    // Act
    const place = faultPlace(value, '$');

    // Assess
    expect(place).toEqual({ begin: 7, end: 8 });
    expect(placeText(value, place)).toBe('byte 7: ff');
  });
});

describe('a value as it is shown', () => {
  test('is its text, with the fault marked on a terminal alone', () => {
    // Prepare
    const value = bytes('{"a":"é","b":-1}');
    const fault = faultPlace(value, 'b');

    // Act
    const plain = valueText(value, fault, false);
    const coloured = valueText(value, fault, true);

    // Assess
    expect(plain).toBe('{"a":"é","b":-1}');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    expect(coloured).not.toBe(plain);
  });

  test('is hexadecimal where it is no text: every byte can be read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (array) => {
        // Prepare: a control character makes it no text
        const value = Buffer.concat([Buffer.from([0x07]), array]);

        // Act
        const text = valueText(value, undefined, false);
        const back = text.split('\n').map((line) => line.slice(8, 8 + 47).replaceAll(' ', ''));

        // Assess
        expect(Buffer.from(back.join(''), 'hex')).toEqual(value);
      }),
    );
  });
});

describe('a row of the view', () => {
  test('becomes a record of bytes', () => {
    // Act
    const record = recordOf({
      kafka_topic: 't',
      kafka_partition: 2,
      kafka_offset: 41,
      kafka_timestamp: '2026-01-01 00:00:00.000',
      kafka_key: null,
      kafka_value: '7b 7d',
      kafka_headers: '[["trace","AQI="]]',
      reason: 'invalid',
      path: 'a',
      detail: 'missing',
    });

    // Assess
    expect(record).toMatchObject({ partition: 2, offset: 41, key: null, value: bytes('{}') });
    expect(record.headers).toEqual([['trace', Buffer.from([1, 2])]]);
  });
});

describe('a position in words', () => {
  test.each([
    ['iot-events/2/41', { topic: 'iot-events', partition: 2, offset: 41 }],
    ['2:41', { partition: 2, offset: 41 }],
    ['2/41', { partition: 2, offset: 41 }],
  ])('%s', (text, expected) => {
    // Act
    const position = positionOf(text);

    // Assess
    expect(position).toEqual(expected);
  });

  test.each(['', '41', 'iot-events/2', '2:x', '-1:2', '1:2:3'])('is not %j', (text) => {
    // Act
    const act = () => positionOf(text);

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR711' }));
  });
});
