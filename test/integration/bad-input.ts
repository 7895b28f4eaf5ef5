import { randomUUID } from 'node:crypto';

function event(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    event_id: randomUUID(),
    device_id: 'device-001',
    device_type: 'light',
    timestamp: new Date(Date.now() - 3_600_000).toISOString(),
    event_duration: 100.5,
    value: 5,
    status: 'normal',
    metadata: { location: 'zone-A', firmware: 'v1.2.3' },
    ...changes,
  };
}

const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const changed = (from: string, to: string): Buffer => Buffer.from(JSON.stringify(event()).replace(from, to));
const without = (name: string): Buffer => {
  const { [name]: _, ...rest } = event();
  return text(rest);
};

/** A value and what must become of it. */
export interface Case {
  readonly name: string;
  readonly value: Buffer;
  readonly fate: 'silver' | 'duplicate' | 'unparseable' | 'invalid' | 'future' | 'too-old' | 'conflict';
}

/** Every kind of bad input, and the odd kinds that are good. */
export function badInput(): Case[] {
  const original = event();
  const otherDay = new Date(Date.parse(String(original.timestamp)) - 86_400_000).toISOString();
  return [
    { name: 'valid', value: text(event()), fate: 'silver' },
    { name: 'broken JSON', value: Buffer.from('{"broken'), fate: 'unparseable' },
    {
      name: 'text behind the JSON',
      value: Buffer.concat([text(event()), Buffer.from(' x')]),
      fate: 'unparseable',
    },
    { name: 'empty', value: Buffer.of(), fate: 'unparseable' },
    { name: 'JSON null', value: Buffer.from('null'), fate: 'invalid' },
    { name: 'an array', value: text([event()]), fate: 'invalid' },
    { name: 'not UTF-8', value: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), fate: 'unparseable' },
    {
      name: 'a byte order mark',
      value: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text(event())]),
      fate: 'unparseable',
    },
    {
      name: 'nested 5000 deep',
      value: Buffer.from('['.repeat(5000) + ']'.repeat(5000)),
      fate: 'unparseable',
    },
    { name: '1e400', value: changed('100.5', '1e400'), fate: 'invalid' },
    { name: 'NaN', value: changed('100.5', 'NaN'), fate: 'unparseable' },
    { name: 'a number as a string', value: text(event({ event_duration: '100' })), fate: 'invalid' },
    { name: 'a missing field', value: without('status'), fate: 'invalid' },
    { name: 'a null field', value: text(event({ status: null })), fate: 'invalid' },
    { name: 'metadata of a wrong type', value: text(event({ metadata: 'zone-A' })), fate: 'invalid' },
    { name: 'out of range', value: text(event({ event_duration: 1000.5 })), fate: 'invalid' },
    { name: '30 February', value: text(event({ timestamp: '2026-02-30T00:00:00.000Z' })), fate: 'invalid' },
    {
      name: 'a time with an offset',
      value: text(event({ timestamp: '2026-02-03T00:00:00.000+02:00' })),
      fate: 'invalid',
    },
    {
      name: 'a key twice, the last one valid',
      value: changed('"status"', '"status":"odd","status"'),
      fate: 'silver',
    },
    { name: 'unknown fields', value: text(event({ extra: { deep: [1, 2, 3] } })), fate: 'silver' },
    { name: 'a value its type does not have', value: text(event({ value: 99_999 })), fate: 'silver' },
    { name: '1 MB', value: text(event({ pad: 'x'.repeat(1_048_576) })), fate: 'silver' },
    { name: 'future', value: text(event({ timestamp: '2999-01-01T00:00:00.000Z' })), fate: 'future' },
    { name: 'too old', value: text(event({ timestamp: '2020-01-01T00:00:00.000Z' })), fate: 'too-old' },
    { name: 'the original', value: text(original), fate: 'silver' },
    { name: 'the original again', value: text(original), fate: 'duplicate' },
    {
      name: 'the original in other bytes',
      value: Buffer.from(JSON.stringify(original, undefined, 1).replaceAll('\n', ' ')),
      fate: 'duplicate',
    },
    { name: 'other content', value: text({ ...original, value: 6 }), fate: 'conflict' },
    {
      name: 'other content on another day',
      value: text({ ...original, timestamp: otherDay }),
      fate: 'conflict',
    },
  ];
}
