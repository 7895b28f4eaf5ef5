import { describe, expect, it } from 'vitest';
import { dataset, manifestOf } from '../../lib/contract/dataset.ts';
import { compileJudge } from '../../lib/contract/judge.ts';
import { dataset as iot } from '../../lib/datasets/iot.ts';
import { parcels, parcelsSql } from './parcels.ts';
import { stays } from './stays.ts';

const NOW = Date.parse('2026-03-04T05:06:07.890Z');
const judge = compileJudge(manifestOf(iot));
const event = {
  event_id: '3f2b8c1e-1c2d-4e5f-8a9b-0c1d2e3f4a5b',
  device_id: 'device-007',
  device_type: 'temperature',
  timestamp: '2026-03-04T05:06:07.890Z',
  event_duration: 120.5,
  value: 21,
  status: 'normal',
  metadata: { location: 'zone-A', firmware: 'v1.2.3' },
};
const bytes = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const text = JSON.stringify(event);

describe('the judge', () => {
  it('gives the typed values in the order of the fields', () => {
    // Act
    const judgement = judge(bytes(event), NOW);

    // Assess
    expect(judgement).toEqual({
      verdict: 'valid',
      values: [event.event_id, 'device-007', 'temperature', NOW, 120.5, 21, 'normal', 'zone-A', 'v1.2.3'],
    });
  });

  it.each<[string, Buffer | null, string]>([
    ['a null value', null, 'empty'],
    ['an empty value', Buffer.alloc(0), 'empty'],
    [
      'bad UTF-8',
      Buffer.concat([bytes(text.slice(0, -1)), Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]),
      'not UTF-8',
    ],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'not UTF-8'],
    ['a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes(event)]), 'not JSON'],
    ['trailing text', bytes(`${text} x`), 'not JSON'],
    ['two texts', bytes(text + text), 'not JSON'],
    ['NaN', bytes(text.replace('120.5', 'NaN')), 'not JSON'],
    ['a raw control character', bytes(text.replace('v1.2.3', 'v1\t')), 'not JSON'],
    ['65 levels', bytes(`${'['.repeat(65)}${']'.repeat(65)}`), 'nested too deeply'],
  ])('calls %s unparseable', (_name, value, detail) => {
    // Act
    const judgement = judge(value, NOW);

    // Assess
    expect(judgement).toEqual({ verdict: 'unparseable', path: '$', detail });
  });

  it.each<[string, unknown, string, string]>([
    ['an array', [event], '$', 'not an object'],
    ['null', null, '$', 'not an object'],
    ['64 levels that are no object', `${'['.repeat(64)}${']'.repeat(64)}`, '$', 'not an object'],
    ['a missing field', { ...event, event_id: undefined }, 'event_id', 'missing'],
    ['a null field', { ...event, status: null }, 'status', 'missing'],
    ['a missing object', { ...event, metadata: undefined }, 'metadata.location', 'missing'],
    ['a null object', { ...event, metadata: null }, 'metadata.location', 'missing'],
    ['a text for an object', { ...event, metadata: 'x' }, 'metadata.location', 'not an object'],
    ['an array for an object', { ...event, metadata: [] }, 'metadata.location', 'not an object'],
    ['a number for a text', { ...event, device_id: 7 }, 'device_id', 'not a string'],
    ['a text for a number', { ...event, value: '21' }, 'value', 'not a double'],
    ['1e400', text.replace('120.5', '1e400'), 'event_duration', 'not a double'],
    ['400 digits', text.replace('120.5', '1'.repeat(400)), 'event_duration', 'not a double'],
    ['below the range', { ...event, event_duration: -0.1 }, 'event_duration', 'below 0'],
    ['above the range', { ...event, event_duration: 1000.5 }, 'event_duration', 'above 1000'],
    ['outside the enum', { ...event, status: 'Normal' }, 'status', 'not one of the allowed values'],
    ['beside the pattern', { ...event, device_id: 'device-0007' }, 'device_id', 'does not match the pattern'],
    [
      'a line feed after the pattern',
      { ...event, device_id: 'device-007\n' },
      'device_id',
      'does not match the pattern',
    ],
    ['a lone surrogate', text.replace('v1.2.3', '\\ud800'), 'metadata.firmware', 'not a string'],
    [
      'an impossible date',
      { ...event, timestamp: '2026-02-30T00:00:00.000Z' },
      'timestamp',
      'not a timestamp',
    ],
    ['the first of two breaches', { ...event, status: 1, device_id: 1 }, 'device_id', 'not a string'],
    ['everything under __proto__', `{"__proto__":${text}}`, 'event_id', 'missing'],
  ])('calls %s invalid', (_name, value, path, detail) => {
    // Act
    const judgement = judge(bytes(value), NOW);

    // Assess
    expect(judgement).toEqual({ verdict: 'invalid', path, detail });
  });

  it.each([
    ['alone', { $rejected: { path: 'DepTime', detail: '2575 is no time', row: { DepTime: '2575' } } }],
    ['in an event', { ...event, $rejected: { path: 'DepTime', detail: '2575 is no time' } }],
    ['of other faults', { $rejected: { path: 'DepTime', detail: '2575 is no time' }, status: 1 }],
  ])('takes the word of a source that rejects a record: %s', (_name, value) => {
    // Act
    const judgement = judge(bytes(value), NOW);

    // Assess
    expect(judgement).toEqual({ verdict: 'invalid', path: 'DepTime', detail: '2575 is no time' });
  });

  it.each([
    ['a text', '"no"'],
    ['null', 'null'],
    ['an array', '["a","b"]'],
    ['nothing', '{}'],
    ['a path alone', '{"path":"a"}'],
    ['a number for the detail', '{"path":"a","detail":1}'],
    ['a lone surrogate in the path', '{"path":"\\ud800","detail":"b"}'],
    ['a lone surrogate in the detail', '{"path":"a","detail":"\\udc00"}'],
  ])('judges the event where $rejected is %s', (_name, rejected) => {
    // Act
    const judgement = judge(bytes(`{"$rejected":${rejected},${text.slice(1)}`), NOW);

    // Assess
    expect(judgement.verdict).toBe('valid');
  });

  it('gives dates as days since 1970', () => {
    // Prepare
    const told = compileJudge(manifestOf(dataset(stays, parcelsSql)));
    const stay = { stay_id: 's-1', night: '2026-03-04', told_at: '2026-03-04T05:06:07.890Z', guests: 2 };

    // Act
    const judgements = [stay, { ...stay, night: '2026-02-29' }].map((value) => told(bytes(value), NOW));

    // Assess
    expect(judgements).toEqual([
      { verdict: 'valid', values: ['s-1', 20_516, null, null, null, NOW, 2] },
      { verdict: 'invalid', path: 'night', detail: 'not a date' },
    ]);
  });

  it.each([
    [300_000, 'valid'],
    [300_001, 'future'],
    [-400 * 86_400_000, 'valid'],
    [-400 * 86_400_000 - 1, 'too-old'],
  ])('calls an event %d ms from its Kafka timestamp %s', (ahead, verdict) => {
    // Act
    const judgement = judge(bytes(event), NOW - ahead);

    // Assess
    expect(judgement.verdict).toBe(verdict);
    if (judgement.verdict !== 'valid') expect(judgement.path).toBe('timestamp');
  });

  it('takes what is odd but sound', () => {
    // Prepare
    const odd = [
      `\r\n\t ${text} `,
      text.replace('120.5', '1.205E+2'),
      text.replace('"status":"normal"', '"status":1,"status":"normal"'),
      text.replace('{', `{"extra":${'['.repeat(63)}${']'.repeat(63)},`),
      text.replace('{', `{"extra":"${'['.repeat(100)}",`),
      text.replace('{', '{"extra":"ä😀",'),
      text.replace('"status"', '"st\\u0061tus"'),
    ];

    // Act
    const verdicts = odd.map((value) => judge(bytes(value), NOW).verdict);

    // Assess
    expect(verdicts).toEqual(odd.map(() => 'valid'));
  });

  it('reads bytes that stand inside a larger buffer', () => {
    // Prepare
    const whole = new Uint8Array([...bytes('{{{'), ...bytes(event), ...bytes('}}}')]);

    // Act
    const judgement = judge(whole.subarray(3, -3), NOW);

    // Assess
    expect(judgement.verdict).toBe('valid');
  });
});

describe('the judge of a contract with optional, whole and measured fields', () => {
  const judgeParcel = compileJudge(manifestOf(dataset(parcels, parcelsSql)));
  const parcel = {
    scan_id: 1,
    depot: 'größer',
    scanned_at: '2026-03-04T05:06:07.890Z',
    updated_at: '2026-03-04T05:06:07.890Z',
    route: 'AB-12/x',
    fragile: true,
    sender: { account: event.event_id },
  };
  const verdictOf = (change: object): unknown => {
    const judgement = judgeParcel(bytes({ ...parcel, ...change }), NOW);
    return judgement.verdict === 'valid' ? judgement.values : `${judgement.path}: ${judgement.detail}`;
  };

  it('fills what is absent with null', () => {
    // Act
    const values = verdictOf({ weight: null, receiver: { place: null } });

    // Assess
    expect(values).toEqual([
      1,
      'größer',
      NOW,
      NOW,
      'AB-12/x',
      null,
      true,
      null,
      null,
      null,
      event.event_id,
      null,
    ]);
  });

  it.each<[object, unknown]>([
    [{ scan_id: 1.5 }, 'scan_id: not a long'],
    [{ scan_id: 2 ** 53 }, 'scan_id: not a long'],
    [{ scan_id: 0 }, 'scan_id: below 1'],
    [{ fragile: 'true' }, 'fragile: not a boolean'],
    [{ route: '1234567890123' }, 'route: longer than 12'],
    [{ constructor: '' }, 'constructor: shorter than 1'],
    [{ constructor: '😀😀😀😀😀😀' }, 'constructor: longer than 5'],
    [{ receiver: 1 }, 'receiver.name: not an object'],
    [{ receiver: { place: 1 } }, 'receiver.place.code: not an object'],
    [{ receiver: { place: { code: '😀😀😀😀' } } }, 'receiver.place.code: shorter than 5'],
  ])('refuses %j', (change, expected) => {
    // Act
    const verdict = verdictOf(change);

    // Assess
    expect(verdict).toBe(expected);
  });

  it('counts code points, and knows no negative zero among whole numbers', () => {
    // Act
    const judgement = judgeParcel(
      bytes(
        JSON.stringify({ ...parcel, receiver: { place: { code: '😀😀😀😀😀' } } }).replace(
          '"sender":{',
          '"sender":{"floor":-0,',
        ),
      ),
      NOW,
    );

    // Assess
    expect(judgement).toMatchObject({ verdict: 'valid' });
    expect(judgement.verdict === 'valid' && Object.is(judgement.values[11], 0)).toBe(true);
  });
});
