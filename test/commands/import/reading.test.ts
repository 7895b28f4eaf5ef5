import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../../bin/command/import/archive.ts';
import type { ReadRow } from '../../../bin/command/import/batch.ts';
import { readerOf } from '../../../bin/command/import/format.ts';
import { fileOf, zipOf } from './deliveries.ts';

interface Read {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly ReadRow[];
  readonly share: number;
  readonly error?: unknown;
}

/** Everything in the file; a fault, where there is one, with what stands before it. */
async function read(
  content: string | Uint8Array,
  name = 'file',
  room?: () => Promise<number>,
): Promise<Read[]> {
  const parts = await partsOf(await fileOf(name, content), room);
  const found: Read[] = [];
  for (const part of parts) {
    const rows: ReadRow[] = [];
    let columns: readonly string[] = [];
    let error: unknown;
    try {
      for await (const batch of (await readerOf(part))(part)) {
        columns = batch.columns;
        rows.push(...batch.rows);
      }
    } catch (cause) {
      error = cause;
    }
    found.push({
      name: part.name,
      columns,
      rows,
      share: part.share(),
      ...(error === undefined ? {} : { error }),
    });
    await part.close();
  }
  return found;
}

const plainRows = [
  { number: 2, row: { a: '1', b: 'x' } },
  { number: 3, row: { a: '2', b: '' } },
];
const parquet = (rows: number, rowGroupSize = 1000) =>
  new Uint8Array(
    parquetWriteBuffer({
      rowGroupSize,
      columnData: [
        { name: 'a', data: Array.from({ length: rows }, (_, at) => BigInt(at)), type: 'INT64' },
        { name: 'b', data: Array.from({ length: rows }, (_, at) => `b${at}`), type: 'STRING' },
        { name: 'c', data: Array.from({ length: rows }, () => new Date(0)), type: 'TIMESTAMP' },
      ],
    }),
  );

type Packer = (page: Uint8Array) => Buffer;
const packedParquet = (
  codec: 'UNCOMPRESSED' | 'SNAPPY' | 'ZSTD' | 'GZIP' | 'BROTLI' | 'LZ4_RAW',
  packer?: Packer,
) =>
  new Uint8Array(
    parquetWriteBuffer({
      codec,
      ...(packer === undefined ? {} : { compressors: { [codec]: packer } }),
      columnData: [
        { name: 'a', data: Array.from({ length: 100 }, (_, at) => `text ${at % 9}`), type: 'STRING' },
      ],
    }),
  );

describe('CSV', () => {
  it.each([
    ['LF', 'a,b\n1,x\n2,\n'],
    ['CRLF and a byte order mark', '\ufeffa,b\r\n1,x\r\n2,\r\n'],
    ['quotes', '"a","b"\n"1","x"\n2,""\n'],
    ['no last line end', 'a,b\n1,x\n2,'],
    ['a comma at the end of each line', 'a,b,\n1,x,\n2,,\n'],
    ['a comma at the end of the header', 'a,b,\n1,x\n2,\n'],
    ['a comma at the end of the rows', 'a,b\n1,x,\n2,,\n'],
  ])('is read with %s', async (_what, text) => {
    // Act
    const [found] = await read(text);

    // Assess
    expect(found).toEqual({ name: 'file', columns: ['a', 'b'], rows: plainRows, share: 1 });
  });

  it('has quotes, commas, line ends and letters of every script in its cells', async () => {
    // Act
    const [found] = await read('a,b\n"1,""x""\ny",größer 𝄞\n2,5" disk\n');

    // Assess
    expect(found?.rows).toEqual([
      { number: 3, row: { a: '1,"x"\ny', b: 'größer 𝄞' } },
      { number: 4, row: { a: '2', b: '5" disk' } },
    ]);
  });

  it('has rows with too few and too many cells, which are faults of those rows', async () => {
    // Act
    const [found] = await read('a,b\n1\n1,2,3,4\n1,2\n');

    // Assess
    expect(found?.rows.map(({ row, fault }) => [row, fault?.detail])).toEqual([
      [{ a: '1', b: null }, '1 cells where the header has 2'],
      [{ a: '1', b: '2', '…': ['3', '4'] }, '4 cells where the header has 2'],
      [{ a: '1', b: '2' }, undefined],
    ]);
  });

  it('is read in pieces, with letters that stand across them', async () => {
    // Prepare: more than one chunk of three bytes a letter
    const rows = Array.from({ length: 40_000 }, (_, at) => `${at},x${'€'.repeat(at % 7)}`);

    // Act
    const [found] = await read(['a,b', ...rows].join('\n'));

    // Assess
    expect(found?.rows.map(({ row }) => `${row.a},${row.b}`)).toEqual(rows);
  });

  it.each<[string, string | Uint8Array, string, number]>([
    ['a column twice', 'a,b,a\n1,2,3\n', 'MR873', 0],
    ['Latin-1', Buffer.from(`a,b\n${'1,x\n'.repeat(100)}2,\xfcber\n3,y\n`, 'latin1'), 'MR875', 99],
    [
      'half a letter at the end',
      Buffer.concat([Buffer.from(`a,b\n${'1,x\n'.repeat(100)}2,`), Buffer.from([0xe2, 0x82])]),
      'MR875',
      99,
    ],
    ['UTF-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), 'MR875', 0],
    ['a quote that is never closed', 'a,b\n1,x\n2,"y\n3,z\n', 'MR878', 1],
    ['nothing', '', 'MR871', 0],
    ['bytes of something else', new Uint8Array([1, 2, 0, 4]), 'MR871', 0],
  ])('is refused: %s', async (_what, content, code, rows) => {
    // Act
    const [found] = await read(content);

    // Assess
    expect(found?.error).toMatchObject({ code, where: 'file' });
    expect(found?.rows).toHaveLength(rows);
  });
});

describe('JSON', () => {
  const values = [
    { a: 1, b: { c: 'x', d: [1] } },
    { a: 2, e: null },
  ];

  it('is an array of objects', async () => {
    // Act
    const [found] = await read(`\ufeff ${JSON.stringify(values, undefined, 2)}\n`);

    // Assess
    expect(found?.error).toBeUndefined();
    expect(found?.columns).toEqual(['a', 'b', 'b.c', 'b.d', 'e']);
    expect(found?.rows).toEqual(values.map((row, at) => ({ number: at + 1, row })));
  });

  it('is one object a line', async () => {
    // Act
    const [found] = await read(`${JSON.stringify(values[0])}\r\n\n${JSON.stringify(values[1])}`);

    // Assess
    expect(found?.columns).toEqual(['a', 'b', 'b.c', 'b.d', 'e']);
    expect(found?.rows).toEqual([
      { number: 1, row: values[0] },
      { number: 3, row: values[1] },
    ]);
  });

  it('has values that are no objects, which are faults of those', async () => {
    // Act
    const [[array], [lines]] = await Promise.all([read('[{"a":1},5,[1]]'), read('{"a":1}\n5\n{"a"\n')]);

    // Assess
    expect(array?.rows.map(({ fault }) => fault?.detail)).toEqual([
      undefined,
      'not an object',
      'not an object',
    ]);
    expect(lines?.rows.map(({ fault }) => fault?.detail)).toEqual([undefined, 'not an object', 'not JSON']);
  });

  it.each([
    ['a broken element', '[{"a":1},{"a":2},{"a":]', 2],
    ['an array that is cut off', '[{"a":1},{"a":2},{"a"', 2],
    ['something after it', '[{"a":1}] x', 1],
    ['a comma too many', '[{"a":1},]', 1],
    ['a bracket of the other kind', '[{"a":1},{"a":[2}]', 1],
    ['nothing but a bracket', '[', 0],
  ])('is refused after what stands before: %s', async (_what, text, rows) => {
    // Act
    const [found] = await read(text);

    // Assess
    expect(found?.error).toMatchObject({ code: 'MR878' });
    expect(found?.rows).toHaveLength(rows);
  });
});

describe('Parquet', () => {
  it('is read by row groups, with typed values', async () => {
    // Act
    const [found] = await read(parquet(25_000, 12_000));

    // Assess
    expect(found?.columns).toEqual(['a', 'b', 'c']);
    expect(found?.rows).toHaveLength(25_000);
    expect(found?.rows[24_999]).toEqual({ number: 25_000, row: { a: 24_999n, b: 'b24999', c: new Date(0) } });
  });

  it.each([
    ['UNCOMPRESSED', undefined],
    ['SNAPPY', undefined],
    ['ZSTD', zstdCompressSync],
    ['GZIP', gzipSync],
    ['BROTLI', brotliCompressSync],
  ] as const)('is unpacked: %s', async (codec, packer) => {
    // Prepare
    const bytes = packedParquet(codec, packer);

    // Act
    const [found] = await read(bytes);

    // Assess
    expect(found?.error).toBeUndefined();
    expect(found?.rows[99]).toEqual({ number: 100, row: { a: 'text 0' } });
  });

  it('is refused by the name of its codec where that is none of these', async () => {
    // Act
    const [found] = await read(packedParquet('LZ4_RAW', gzipSync));

    // Assess
    expect(found?.error).toMatchObject({ code: 'MR883', message: expect.stringContaining('LZ4_RAW') });
    expect(found?.rows).toEqual([]);
  });

  it('is refused where a page unpacks to more than it says', async () => {
    // Act
    const [found] = await read(
      packedParquet('ZSTD', (page) => zstdCompressSync(Buffer.concat([page, page]))),
    );

    // Assess
    expect(found?.error).toMatchObject({ code: 'MR877' });
  });

  it.each([
    ['cut off', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 20)],
    ['damaged', (bytes: Uint8Array) => bytes.map((byte, at) => (at > 4 && at < 200 ? byte ^ 0xff : byte))],
  ])('is refused where it is %s', async (_what, damage) => {
    // Act
    const [found] = await read(damage(parquet(1000)));

    // Assess
    expect(found?.error).toMatchObject({ code: 'MR877' });
  });
});

describe('archives', () => {
  const text = 'a,b\n1,x\n2,\n';

  it('are gzip, of one member or more', async () => {
    // Act
    const found = await read(
      Buffer.concat([gzipSync(text.slice(0, 6)), gzipSync(text.slice(6))]),
      'file.csv.gz',
    );

    // Assess
    expect(found).toEqual([{ name: 'file.csv.gz', columns: ['a', 'b'], rows: plainRows, share: 1 }]);
  });

  it('are told by their content, not by their name', async () => {
    // Act
    const [[packed], [plain]] = await Promise.all([read(gzipSync(text), 'x.csv'), read(text, 'x.gz')]);

    // Assess
    expect([packed?.rows, plain?.rows]).toEqual([plainRows, plainRows]);
  });

  it('are zip: every entry of a known format, whether packed or stored', async () => {
    // Act
    const found = await read(
      zipOf([
        { name: 'readme.html', content: '<html>' },
        { name: '__MACOSX/one.csv', content: 'x' },
        { name: 'data/', content: '', stored: true },
        { name: 'data/one.csv', content: text },
        { name: 'two.json', content: '[{"a":1}]', stored: true },
        { name: 'three.parquet', content: parquet(10) },
      ]),
      'all.zip',
    );

    // Assess
    expect(found.map(({ name, rows, error }) => [name, rows.length, error])).toEqual([
      ['all.zip/data/one.csv', 2, undefined],
      ['all.zip/two.json', 1, undefined],
      ['all.zip/three.parquet', 10, undefined],
    ]);
  });

  it('may hold Parquet, which is read from an unpacked copy', async () => {
    // Act
    const [found] = await read(gzipSync(parquet(10)));

    // Assess
    expect(found?.rows).toHaveLength(10);
  });

  it.each([
    ['gzip', gzipSync(parquet(10_000))],
    ['zip', zipOf([{ name: 'a.parquet', content: parquet(10_000) }])],
  ])('are unpacked to the disk only where there is room: %s', async (_what, packed) => {
    // Act
    const [[cramped], [roomy]] = await Promise.all([
      read(packed, 'file', async () => 1000),
      read(packed, 'file', async () => 10_000_000),
    ]);

    // Assess
    expect(cramped?.error).toMatchObject({ code: 'MR884', where: expect.stringMatching(/^file/) });
    expect(roomy?.rows).toHaveLength(10_000);
  });

  it('are unpacked no further than an entry says that it is', async () => {
    // Act
    const [found] = await read(zipOf([{ name: 'a.parquet', content: parquet(1000), size: 5000 }]));

    // Assess
    expect(found?.error).toMatchObject({
      code: 'MR874',
      message: expect.stringContaining('larger than the archive says'),
    });
  });

  it('give what was packed before the place where they are cut off', async () => {
    // Prepare
    const rows = Array.from({ length: 50_000 }, (_, at) => `${at},${(at * 7919) % 100_003}`);
    const packed = gzipSync(`a,b\n${rows.join('\n')}\n`);

    // Act
    const [found] = await read(packed.subarray(0, packed.length / 2));

    // Assess
    expect(found?.error).toMatchObject({ code: 'MR874' });
    expect(found?.rows.length).toBeGreaterThan(15_000);
    expect(found?.rows.map(({ row }) => `${row.a},${row.b}`)).toEqual(rows.slice(0, found?.rows.length));
  });

  it.each<[string, string, Uint8Array]>([
    ['MR874', 'a damaged gzip', gzipSync(text).map((byte, at) => (at === 12 ? byte ^ 0xff : byte))],
    ['MR874', 'an entry that is not what was packed', zipOf([{ name: 'a.csv', content: text, crc: 5 }])],
    ['MR876', 'gzip within gzip', gzipSync(gzipSync(text))],
    ['MR876', 'zip within zip', zipOf([{ name: 'a.zip', content: zipOf([]), stored: true }])],
  ])('%s: %s', async (code, _what, content) => {
    // Act
    const [found] = await read(content);

    // Assess
    expect(found?.error).toMatchObject({ code });
  });

  it.each<[string, string, Uint8Array]>([
    ['MR874', 'a zip that is cut off', zipOf([{ name: 'a.csv', content: text }]).subarray(0, 60)],
    ['MR876', 'an encrypted entry', zipOf([{ name: 'a.csv', content: text, flags: 1 }])],
    ['MR881', 'nothing of a known format', zipOf([{ name: 'readme.html', content: text }])],
    ['MR881', 'nothing', zipOf([])],
  ])('%s: %s, as a whole', async (code, _what, content) => {
    // Act
    const reading = read(content);

    // Assess
    await expect(reading).rejects.toMatchObject({ code });
  });

  it('MR870: is no file', async () => {
    // Act
    const missing = partsOf('/nowhere/file.csv');

    // Assess
    await expect(missing).rejects.toMatchObject({ code: 'MR870', where: '/nowhere/file.csv' });
    await expect(partsOf('/tmp')).rejects.toMatchObject({ code: 'MR870' });
  });
});
