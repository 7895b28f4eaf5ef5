import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batching } from '../../../bin/command/producer/batching.ts';
import { positionRanges } from '../../../bin/command/producer/positions.ts';
import { pump } from '../../../bin/command/producer/pump.ts';
import { keyReader, rawLines } from '../../../bin/command/producer/raw-file.ts';
import type { Message } from '../../../lambdas/simulate/message.ts';
import { datasetNamed } from '../../../lib/datasets/index.ts';

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('batching', () => {
  test('is full by size, and takes all in order', () => {
    // Prepare
    const waiting = batching<Message>(1000);
    const record = (partition: number, text: string) => ({ partition, key: null, value: Buffer.from(text) });
    // Act
    for (let at = 0; !waiting.full; at += 1) waiting.add(record(at % 2, `value ${at}`.padEnd(100)));
    const count = waiting.count;
    const taken = waiting.take();
    // Assess
    expect(count).toBe(15);
    expect(taken.get(0)?.map(({ value }) => value?.toString().trim())).toEqual(
      [0, 2, 4, 6, 8, 10, 12, 14].map((at) => `value ${at}`),
    );
    expect([waiting.count, waiting.full]).toEqual([0, false]);
  });
});

describe('acknowledged positions', () => {
  test('are one range while they follow each other', () => {
    // Prepare
    const positions = positionRanges();
    // Act
    positions.add({ partition: 1, baseOffset: 10, count: 5 });
    positions.add({ partition: 1, baseOffset: 15, count: 1 });
    positions.add({ partition: 0, baseOffset: 0, count: 2 });
    positions.add({ partition: 1, baseOffset: 20, count: 1 });
    // Assess
    expect(positions.ranges()).toEqual({
      0: [{ baseOffset: 0, count: 2 }],
      1: [
        { baseOffset: 10, count: 6 },
        { baseOffset: 20, count: 1 },
      ],
    });
  });
});

describe('a pump', () => {
  function sink() {
    const sent: Message[] = [];
    let sends = 0;
    const producer = {
      partitions: 2,
      async send(batch: ReadonlyMap<number, readonly { key: Buffer | null; value: Buffer | null }[]>) {
        sends += 1;
        await new Promise((resolve) => setTimeout(resolve, 1));
        return [...batch].map(([partition, list]) => {
          const baseOffset = sent.filter((message) => message.partition === partition).length;
          sent.push(...list.map((record) => ({ ...record, partition })));
          return { partition, baseOffset, count: list.length };
        });
      },
      close: async () => {},
    };
    return { producer, sent, sends: () => sends };
  }
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ partition: at % 2, key: null, value: Buffer.from(`${at}`) }));

  test('sends everything, each partition in order', async () => {
    // Prepare
    const { producer, sent } = sink();
    // Act
    const pumped = await pump(producer, numbered(25_001), { rate: null, maxMessageBytes: 1_000_000 });
    // Assess
    expect(pumped.records).toBe(25_001);
    const odd = sent.filter(({ partition }) => partition === 1).map(({ value }) => Number(value?.toString()));
    expect(odd).toEqual(Array.from({ length: 12_500 }, (_, at) => 2 * at + 1));
    expect(pumped.positions).toEqual({
      0: [{ baseOffset: 0, count: 12_501 }],
      1: [{ baseOffset: 0, count: 12_500 }],
    });
  });

  test('keeps a rate', async () => {
    // Prepare
    const { producer } = sink();
    // Act
    const pumped = await pump(producer, numbered(41), { rate: 200, maxMessageBytes: 1_000_000 });
    // Assess
    expect(pumped.records).toBe(41);
    expect(pumped.seconds).toBeGreaterThan(0.19);
  });

  test('sends a large record alone', async () => {
    // Prepare
    const { producer, sends } = sink();
    const large = { partition: 0, key: null, value: Buffer.alloc(900_000) };
    // Act
    await pump(producer, [...numbered(3), large, ...numbered(3)], { rate: null, maxMessageBytes: 1_000_000 });
    // Assess
    expect(sends()).toBe(3);
  });

  test('ends when it is told to, and says what was acknowledged', async () => {
    // Prepare
    const { producer, sent } = sink();
    const stop = new AbortController();
    function* endless() {
      for (let at = 0; ; at += 1) {
        if (at === 100) stop.abort();
        yield { partition: 0, key: null, value: Buffer.from(`${at}`) };
      }
    }
    // Act
    const pumped = await pump(producer, endless(), {
      rate: null,
      maxMessageBytes: 1_000_000,
      signal: stop.signal,
    });
    // Assess
    expect(pumped.records).toBe(101);
    expect(sent).toHaveLength(101);
  });

  test('fails as the producer fails', async () => {
    // Prepare
    const producer = {
      partitions: 1,
      send: () => Promise.reject(new Error('refused')),
      close: async () => {},
    };
    // Act
    const pumped = pump(producer, numbered(30_000), { rate: null, maxMessageBytes: 1_000_000 });
    // Assess
    await expect(pumped).rejects.toThrow('refused');
  });
});

describe('lines of a file', () => {
  async function* inChunks(data: Buffer, size: number) {
    for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
  }

  test.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\n', ['a', '']],
    ['\n', ['']],
    ['a\r\nb\u2028c\n\nd', ['a\r', 'b\u2028c', '', 'd']],
  ])('%j', async (text, expected) => {
    for (const size of [1, 2, 3, 100]) {
      // Prepare
      const chunks = inChunks(Buffer.from(text), size);
      // Act
      const lines = await listOf(rawLines(chunks));
      // Assess
      expect(lines.map((line) => line.toString())).toEqual(expected);
    }
  });

  test('keep their bytes, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (data, size) => {
          // Prepare
          const whole = Buffer.from(data);
          // Act
          const lines = await listOf(rawLines(inChunks(whole, size)));
          // Assess
          const joined = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
          const ended = whole.length === 0 || whole.at(-1) === 0x0a;
          expect(joined).toEqual(ended ? whole : Buffer.concat([whole, Buffer.from('\n')]));
        },
      ),
    );
  });
});

describe('the key of a raw value', async () => {
  const { manifest } = await datasetNamed('iot');
  const keyOf = keyReader(manifest);

  test.each<[string, string | null]>([
    ['{"device_id":"device-001"}', 'device-001'],
    ['{"device_id":"a","device_id":"b"}', 'b'],
    ['{"device_id":""}', ''],
    ['{"device_id":7}', null],
    ['{"device_id":null}', null],
    ['{"__proto__":{"device_id":"x"}}', null],
    ['[{"device_id":"x"}]', null],
    ['"device_id"', null],
    ['null', null],
    ['', null],
    ['\ufeff{"device_id":"x"}', null],
    ['{"device_id":"x"', null],
  ])('%j is %j', (text, expected) => {
    // Prepare
    const value = Buffer.from(text);
    // Act
    const key = keyOf(value);
    // Assess
    expect(key?.toString() ?? null).toBe(expected);
  });

  test('is none where the value is not UTF-8', () => {
    // Prepare
    const value = Buffer.from('{"device_id":"\xff"}', 'latin1');
    // Act
    const key = keyOf(value);
    // Assess
    expect(key).toBeNull();
  });
});
