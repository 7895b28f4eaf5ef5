import type { SQSRecord } from 'aws-lambda';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TopicWriter } from '../../../lambdas/kafka-access/topic-writer.ts';
import { batchesOf, produce } from '../../../lambdas/produce/producing.ts';
import { packed, unpacked } from '../../../lambdas/shared/queued-records.ts';
import { partitionOf } from '../../../lambdas/simulate/partition.ts';

const message = (messageId: string, body: string) => ({ messageId, body }) as SQSRecord;
const record = (key: string | null, value = `{"of":${JSON.stringify(key)}}`) => ({ key, value });
const textOf = (base64: string | null) => (base64 === null ? null : Buffer.from(base64, 'base64').toString());

/** A topic that takes what it is given, but for values that it is told to refuse. */
function topic(refused: (value: string) => boolean = () => false) {
  const written: { partition: number; key: string | null; value: string | null }[] = [];
  let opened = 0;
  let discarded = 0;
  const writer: TopicWriter = {
    append: async (_topic, batches) => {
      for (const { records } of batches)
        for (const { value } of records)
          if (refused(textOf(value) ?? '')) throw new Error('not enough replicas');
      for (const { partition, records } of batches)
        for (const { key, value } of records)
          written.push({ partition, key: textOf(key), value: textOf(value) });
      return { acknowledged: [] };
    },
    close: async () => undefined,
  };
  return {
    written,
    counts: () => ({ opened, discarded }),
    producing: {
      topic: 'parcels',
      partitions: 3,
      writer: async () => {
        opened += 1;
        return writer;
      },
      discard: async () => {
        discarded += 1;
      },
    },
  };
}

describe('messages of the queue', () => {
  it('are written whole, each record to the partition of its key', async () => {
    // Prepare
    const { producing, written } = topic();
    const records = ['a', 'b', 'ä', null].map((key) => record(key));

    // Act
    const produced = await produce(
      producing,
      packed(records, 1_000).map((body, i) => message(`m-${i}`, body)),
    );

    // Assess
    expect(produced).toEqual({ messages: 1, records: 4, failures: [] });
    expect(new Set(written.map(({ value }) => value))).toEqual(new Set(records.map(({ value }) => value)));
    for (const { key, partition } of written)
      if (key !== null) expect(partition).toBe(partitionOf(Buffer.from(key), 3));
  });

  it('that fail are named, and the others are written', async () => {
    // Prepare
    const { producing, written, counts } = topic((value) => value.includes('bad'));
    const messages = [
      message('m-1', packed([record('a')], 1_000)[0] ?? ''),
      message('m-2', packed([record('bad')], 1_000)[0] ?? ''),
      message('m-3', '{"records":"none"}'),
      message('m-4', 'no JSON'),
      message('m-5', packed([record('b')], 1_000)[0] ?? ''),
    ];

    // Act
    const { records, failures } = await produce(producing, messages);

    // Assess
    expect(records).toBe(2);
    expect(written.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(failures.map(({ messageId }) => messageId)).toEqual(['m-2', 'm-3', 'm-4']);
    expect(failures[1]?.cause).toMatchObject({ code: 'MR897' });
    // A message that is none says nothing of the writer.
    expect(counts().discarded).toBe(1);
  });
});

describe('records', () => {
  const anyRecord = fc.record({
    key: fc.option(fc.string({ unit: 'grapheme' })),
    value: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\ufffe\uffff\u0000"\\')),
  });

  it('come out of messages as they went in, within the bytes of a message', () => {
    fc.assert(
      fc.property(fc.array(anyRecord), fc.integer({ min: 50, max: 400 }), (records, most) => {
        // Prepare, Act
        const bodies = packed(records, most);

        // Assess
        const out = bodies.map(unpacked);
        expect(out.flat()).toEqual(records);
        for (const [i, body] of bodies.entries()) {
          if ((out[i]?.length ?? 0) > 1) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(most + 14);
          expect([...body].filter((one) => one < ' ' || one === '\ufffe' || one === '\uffff')).toEqual([]);
        }
      }),
    );
  });

  it('without a key go to the partitions in turn', () => {
    // Prepare, Act
    const batches = batchesOf(
      [null, null, null, null].map((key) => record(key)),
      3,
    );

    // Assess
    expect(batches.map(({ records }) => records.length)).toEqual([2, 1, 1]);
  });
});
