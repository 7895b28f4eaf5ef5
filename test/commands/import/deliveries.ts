import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import type { Acknowledged, Producer } from '../../../bin/command/producer/producer.ts';
import { dataset } from '../../../lib/contract/dataset.ts';
import type { References } from '../../../lib/contract/mapper.ts';
import { clock, date, double, flag, long, present, text } from '../../../lib/contract/mapping.ts';

const said = { description: 'Something' };
const event = {
  id: text('id'),
  delivered_at: {
    instant: {
      date: date('day'),
      clock: clock('time'),
      zone: { lookup: 'depots', key: text('depot'), column: 'zone' },
    },
  },
  depot: text('depot'),
  weight: double('weight'),
} as const;

/** A small dataset with two sources of files, of which the second has more columns. */
export const { manifest } = dataset({
  name: 'deliveries',
  description: 'Parcels that were delivered',
  event: z.object({
    id: z.string().meta(said),
    delivered_at: z.iso.datetime({ precision: 3 }).meta(said),
    depot: z.string().meta(said),
    weight: z.number().nullish().meta(said),
    pieces: z.int().nullish().meta(said),
    signed: z.boolean().nullish().meta(said),
  }),
  silver: 'deliveries',
  topic: { name: 'deliveries', key: 'depot', partitions: 3, retentionHours: 1, maxMessageBytes: 100_000 },
  identity: ['id'],
  partitionTime: 'delivered_at',
  observedTime: 'delivered_at',
  onConflict: 'first',
  latenessMinutes: 1,
  retentionDays: 1,
  declaredEventsPerSecond: 1,
  references: [
    {
      name: 'depots',
      description: 'Depots',
      file: 'depots.csv',
      key: 'code',
      columns: [
        { name: 'code', type: 'string', comment: 'Code' },
        { name: 'zone', type: 'string', comment: 'Time zone' },
      ],
    },
  ],
  sources: [
    {
      kind: 'file',
      name: 'short',
      description: 'Without signatures',
      columns: ['id', 'day', 'time', 'depot', 'weight'],
      mapping: { demands: [present('id'), present('depot')], event },
    },
    {
      kind: 'file',
      name: 'signed',
      description: 'With signatures',
      columns: ['id', 'day', 'time', 'depot', 'weight', 'signed', 'more.pieces'],
      mapping: {
        demands: [present('id')],
        event: { ...event, pieces: long('more.pieces'), signed: flag('signed') },
      },
    },
  ],
});

export const references: References = new Map([
  [
    'depots',
    new Map([
      ['NYC', { code: 'NYC', zone: 'America/New_York' }],
      ['GUM', { code: 'GUM', zone: 'Pacific/Guam' }],
    ]),
  ],
]);

export const HEADER = 'id,day,time,depot,weight';
/** Rows 1 to n, ten a day from 2013-07-01 on. */
export const csvRow = (i: number): string =>
  `d${i},2013-07-${String(1 + Math.floor((i - 1) / 10)).padStart(2, '0')},1200,${i % 2 === 0 ? 'NYC' : 'GUM'},${i}`;
export const csv = (rows: number): string =>
  [HEADER, ...Array.from({ length: rows }, (_, at) => csvRow(at + 1)), ''].join('\n');

/** A folder that lasts as long as the test. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-import-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(await scratch(), name);
  await writeFile(file, content);
  return file;
}

export interface Sent {
  readonly partition: number;
  readonly key: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  readonly value: any;
}

/** A producer that keeps what it takes, and from some record on takes nothing more. */
export function keeping(dies = Number.POSITIVE_INFINITY): Producer & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    partitions: 3,
    async send(records) {
      const acknowledged: Acknowledged[] = [];
      const count = [...records.values()].reduce((sum, list) => sum + list.length, 0);
      if (sent.length + count > dies) throw new Error('the broker is gone');
      for (const [partition, list] of records) {
        acknowledged.push({ partition, baseOffset: sent.length, count: list.length });
        for (const { key, value } of list) {
          sent.push({
            partition,
            key: key?.toString() ?? null,
            value: JSON.parse(value?.toString() ?? 'null'),
          });
        }
      }
      return acknowledged;
    },
    close: async () => undefined,
  };
}

interface ZipEntry {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly stored?: boolean;
  /** Of the general purpose flags; 1: encrypted. */
  readonly flags?: number;
  readonly crc?: number;
  /** What it says to unpack to. */
  readonly size?: number;
}

/** A ZIP archive, as APPNOTE.TXT has it (4.3.7, 4.3.12, 4.3.16). */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, stored = false, flags = 0, crc, size } of entries) {
    const plain = Buffer.from(content);
    const packed = stored ? plain : deflateRawSync(plain);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(crc ?? crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size ?? plain.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

export const textOf = (file: string): Promise<string> => readFile(file, 'utf8');
