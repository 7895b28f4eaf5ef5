import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ImportOptions, importFiles } from '../../../bin/command/import/importing.ts';
import { importedText } from '../../../bin/command/import/texts.ts';
import { exitCodeOf } from '../../../bin/command/import.ts';
import { partitionOf } from '../../../lambdas/simulate/partition.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { csv, csvRow, fileOf, HEADER, keeping, manifest, references, scratch, zipOf } from './deliveries.ts';

async function options(files: readonly string[], more: Partial<ImportOptions> = {}) {
  const producer = keeping();
  return { manifest, references, files, stateDir: await scratch(), producer, ...more, sent: producer.sent };
}

const gone = () =>
  new MillraceError('MR512', 'no broker took the records', { where: 'broker:9092', mend: 'start it' });

/** What is kept of the imports of a state folder. */
async function kept(stateDir: string) {
  const folder = join(stateDir, 'imports');
  const files = await readdir(folder);
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8'))));
}

/** The same, of one import, while it is under way. */
function savedRows(stateDir: string): number {
  try {
    const folder = join(stateDir, 'imports');
    const file = readdirSync(folder).find((name) => name.endsWith('.json')) ?? '';
    return JSON.parse(readFileSync(join(folder, file), 'utf8')).rows;
  } catch {
    return 0;
  }
}

describe('an import', () => {
  it('sends each row as an event, keyed and in order', async () => {
    // Prepare
    const importing = await options([await fileOf('july.csv', csv(3))]);

    // Act
    const [imported] = await importFiles(importing);

    // Assess
    expect(imported).toMatchObject({
      file: 'july.csv',
      source: 'short',
      end: 'done',
      rows: 3,
      events: 3,
      rejected: 0,
      skipped: 0,
      before: 0,
      reasons: [],
    });
    const place = (key: string) => partitionOf(Buffer.from(key), 3);
    expect(importing.sent.toSorted((a, b) => a.value.weight - b.value.weight)).toEqual([
      {
        key: 'GUM',
        partition: place('GUM'),
        value: { id: 'd1', delivered_at: '2013-07-01T02:00:00.000Z', depot: 'GUM', weight: 1 },
      },
      {
        key: 'NYC',
        partition: place('NYC'),
        value: { id: 'd2', delivered_at: '2013-07-01T16:00:00.000Z', depot: 'NYC', weight: 2 },
      },
      {
        key: 'GUM',
        partition: place('GUM'),
        value: { id: 'd3', delivered_at: '2013-07-01T02:00:00.000Z', depot: 'GUM', weight: 3 },
      },
    ]);
  });

  it('makes the same events of CSV, JSON, NDJSON and Parquet, plain and packed', async () => {
    // Prepare
    const rows = [1, 2, 3].map((i) => {
      const [id, day, time, depot] = csvRow(i).split(',');
      return { id, day, time, depot, weight: i };
    });
    const column = (name: 'id' | 'day' | 'time' | 'depot', type: 'STRING') => ({
      name,
      type,
      data: rows.map((row) => row[name]),
    });
    const parquet = parquetWriteBuffer({
      columnData: [
        ...(['id', 'day', 'time', 'depot'] as const).map((name) => column(name, 'STRING')),
        { name: 'weight', data: rows.map(({ weight }) => weight), type: 'DOUBLE' },
      ],
    });
    const ndjson = rows.map((row) => JSON.stringify(row)).join('\n');
    const files = await Promise.all([
      fileOf('a.csv', csv(3)),
      fileOf('a.json', JSON.stringify(rows)),
      fileOf('a.ndjson', ndjson),
      fileOf('a.parquet', new Uint8Array(parquet)),
      fileOf('a.csv.gz', gzipSync(csv(3))),
      fileOf('a.zip', zipOf([{ name: 'a.ndjson', content: ndjson }])),
    ]);

    // Act
    const events = [];
    for (const file of files) {
      const importing = await options([file]);
      await importFiles(importing);
      events.push(importing.sent);
    }

    // Assess
    for (const sent of events) expect(sent).toEqual(events[0]);
    expect(events[0]).toHaveLength(3);
  });

  it('takes the source with the most columns that the file has, or the one that is named', async () => {
    // Prepare
    const row = {
      id: 'd1',
      day: '2013-07-01',
      time: 5,
      depot: 'NYC',
      weight: 1,
      signed: true,
      more: { pieces: 2 },
    };
    const files = [await fileOf('a.json', JSON.stringify([row]))];
    const [told, named] = [await options(files), await options(files, { source: 'short' })];

    // Act
    const imported = [await importFiles(told), await importFiles(named)].flat();

    // Assess
    expect(imported.map(({ source }) => source)).toEqual(['signed', 'short']);
    expect(told.sent[0]?.value).toMatchObject({ signed: true, pieces: 2 });
    expect(named.sent[0]?.value).not.toHaveProperty('signed');
  });

  it('sends what it rejects too, without a key, with the reason and the row', async () => {
    // Prepare
    const rows = [
      'd1,2013-07-01,2575,NYC,1',
      ',2013-07-01,1200,NYC,1',
      'd3,2013-07-01,2575,NYC,1',
      'd4',
      csvRow(5),
    ];
    const importing = await options([await fileOf('july.csv', [HEADER, ...rows].join('\n'))]);

    // Act
    const imported = await importFiles(importing);

    // Assess
    const rejected = importing.sent.flatMap(({ key, value }) => (key === null ? [value.$rejected] : []));
    const row = { day: '2013-07-01', depot: 'NYC', weight: '1' };
    expect(rejected.toSorted((a, b) => (a.detail < b.detail ? -1 : 1))).toEqual([
      {
        path: '$',
        detail: '1 cells where the header has 5 (july.csv line 5)',
        row: { id: 'd4', day: null, time: null, depot: null, weight: null },
      },
      {
        path: 'time',
        detail: '2575 is no time hhmm (july.csv line 2)',
        row: { id: 'd1', time: '2575', ...row },
      },
      {
        path: 'time',
        detail: '2575 is no time hhmm (july.csv line 4)',
        row: { id: 'd3', time: '2575', ...row },
      },
      { path: 'id', detail: 'missing (july.csv line 3)', row: { id: '', time: '1200', ...row } },
    ]);
    expect(imported[0]).toMatchObject({
      rows: 5,
      events: 1,
      rejected: 4,
      reasons: [
        { column: 'time', detail: 'no time hhmm', count: 2 },
        { column: 'id', detail: 'missing', count: 1 },
        { column: '$', detail: 'another number of cells than the header', count: 1 },
      ],
    });
    expect(exitCodeOf(imported, false)).toBe(4);
    expect(importedText(imported[0] ?? expect.unreachable())).toContain('2  time: no time hhmm');
  });

  it('leaves out a row that is larger than the topic takes, but says why it was rejected', async () => {
    // Prepare
    const importing = await options([
      await fileOf(
        'a.json',
        JSON.stringify([{ id: 'x'.repeat(99_000), day: 'x', time: 1, depot: 'NYC', weight: 1 }]),
      ),
    ]);

    // Act
    await importFiles(importing);

    // Assess
    expect(importing.sent[0]?.value.$rejected).toEqual({
      path: 'day',
      detail: 'x is no date (a.json record 1)',
      row: null,
    });
  });

  it('rejects an event that is larger than the topic takes, without its row', async () => {
    // Prepare
    const row = { day: '2013-07-01', time: '1200', depot: 'NYC', weight: 1 };
    const rows = [
      { id: 'x'.repeat(100_000), ...row },
      { id: 'd2', ...row, more: 'x'.repeat(100_000) },
    ];
    const importing = await options([await fileOf('a.json', JSON.stringify(rows))]);

    // Act
    const [imported] = await importFiles(importing);

    // Assess
    const reason = 'an event larger than the topic takes';
    expect(imported).toMatchObject({ end: 'done', events: 1, rejected: 1 });
    expect(imported?.reasons).toEqual([{ column: '$', detail: reason, count: 1 }]);
    expect(importing.sent.map(({ key, value }) => [key, value.$rejected ?? value.id]).sort()).toEqual([
      [
        null,
        {
          path: '$',
          detail: expect.stringMatching(/^an event of 100\d{3} bytes, more .* \(a.json record 1\)$/),
          row: null,
        },
      ],
      ['NYC', 'd2'],
    ]);
  });

  it('takes `NA` for null in CSV, and for a text elsewhere', async () => {
    // Prepare
    const text = `${HEADER}\nNA,2013-07-01,1200,NYC,1\nd2,2013-07-01,1200,NYC,NA\n`;
    const row = { id: 'NA', day: '2013-07-01', time: '1200', depot: 'NYC', weight: 1 };
    const [lines, objects] = [
      await options([await fileOf('a.csv', text)]),
      await options([await fileOf('a.json', JSON.stringify([row, { ...row, id: 'd2', weight: 'NA' }]))]),
    ];

    // Act
    await importFiles(lines);
    await importFiles(objects);

    // Assess
    const seen = ({ sent }: typeof lines) =>
      sent.map(({ value }) => value.$rejected?.detail ?? `${value.id}: ${value.weight}`).sort();
    expect(seen(lines)).toEqual(['d2: null', 'missing (a.csv line 2)']);
    expect(seen(objects)).toEqual(['NA is no number (a.json record 2)', 'NA: 1']);
    expect(lines.sent.find(({ key }) => key === null)?.value.$rejected.row.id).toBe('NA');
  });

  it('takes the source that is named for JSON that leaves out what is null', async () => {
    // Prepare
    const rows = [{ id: 'd1', day: '2013-07-01', time: '1200', depot: 'NYC' }];
    const [json, ndjson] = [JSON.stringify(rows), rows.map((row) => JSON.stringify(row)).join('\n')];
    const csvText = 'id,day,time,depot\nd1,2013-07-01,1200,NYC\n';
    const importing = await options(
      [await fileOf('a.json', json), await fileOf('a.ndjson', ndjson), await fileOf('a.csv', csvText)],
      { source: 'short' },
    );

    // Act
    const imported = await importFiles(importing);

    // Assess
    expect(imported.map(({ end, error }) => error?.code ?? end)).toEqual(['done', 'done', 'MR872']);
    expect(importing.sent.map(({ value }) => value.weight)).toEqual([null, null]);
  });

  it('skips rows of other days, rejected ones too where their day can be told', async () => {
    // Prepare: ten rows a day; one of 5 July lacks its id, one has no day at all
    const rows = Array.from({ length: 60 }, (_, at) => csvRow(at + 1));
    rows[45] = ',2013-07-05,1200,NYC,1';
    rows[50] = 'd51,never,1200,NYC,1';
    const importing = await options([await fileOf('july.csv', [HEADER, ...rows].join('\n'))], {
      from: '2013-07-02',
      to: '2013-07-03',
    });

    // Act
    const [imported] = await importFiles(importing);

    // Assess
    expect(imported).toMatchObject({ end: 'done', rows: 60, events: 20, rejected: 1, skipped: 39 });
    expect(importing.sent).toHaveLength(21);
  });

  it('reports how far it is', async () => {
    // Prepare
    const progress: object[] = [];
    const importing = await options([await fileOf('july.csv', csv(20))], {
      onProgress: (one) => progress.push(one),
    });

    // Act
    await importFiles(importing);

    // Assess
    expect(progress.at(-1)).toEqual({ file: 'july.csv', acknowledged: 20, read: 20, share: 1 });
  });
});

describe('an import that was broken off', () => {
  const MANY = 25_000;

  it('goes on after the last row that was acknowledged', async () => {
    // Prepare: the broker dies after two sends of 10,000
    const files = [
      await fileOf(
        'july.csv',
        [HEADER, ...Array.from({ length: MANY }, (_, at) => `d${at},2013-07-01,1200,NYC,${at}`)].join('\n'),
      ),
    ];
    const dying = keeping(20_000);
    const first = await options(files, { producer: dying });
    const broken = await importFiles(first).catch((error: unknown) => error);
    const second = await options(files, { stateDir: first.stateDir });

    // Act
    const [imported] = await importFiles(second);

    // Assess
    expect(broken).toEqual(new Error('the broker is gone'));
    expect(dying.sent.length).toBeGreaterThan(0);
    expect(imported).toMatchObject({ end: 'done', rows: MANY, events: MANY, before: dying.sent.length });
    expect([...dying.sent, ...second.sent].map(({ value }) => value.weight)).toEqual(
      Array.from({ length: MANY }, (_, at) => at),
    );
  });

  it('goes on after a signal, and its counts are of the whole', async () => {
    // Prepare: stopped at the first acknowledgement; every third row is rejected, every other of another day
    const rows = Array.from(
      { length: MANY },
      (_, at) => `${at % 3 === 0 ? '' : `d${at}`},2013-07-0${1 + (at % 2)},1200,NYC,${at}`,
    );
    const files = [await fileOf('july.csv', [HEADER, ...rows].join('\n'))];
    const stop = new AbortController();
    const range = { from: '2013-07-01', to: '2013-07-01' };
    const first = await options(files, { ...range, signal: stop.signal, onProgress: () => stop.abort() });
    const [interrupted] = await importFiles(first);
    const second = await options(files, { ...range, stateDir: first.stateDir });

    // Act
    const [imported] = await importFiles(second);

    // Assess
    expect(interrupted?.end).toBe('interrupted');
    expect(interrupted?.rows).toBeGreaterThan(0);
    expect(interrupted?.rows).toBeLessThan(MANY);
    expect(exitCodeOf(interrupted === undefined ? [] : [interrupted], true)).toBe(130);
    expect(imported).toMatchObject({ end: 'done', rows: MANY, skipped: MANY / 2, before: interrupted?.rows });
    expect(imported?.events).toBe(first.sent.concat(second.sent).filter(({ key }) => key !== null).length);
    expect(first.sent.length + second.sent.length).toBe(MANY / 2);
    expect((imported?.events ?? 0) + (imported?.rejected ?? 0)).toBe(MANY / 2);
    expect(imported?.reasons).toEqual([{ column: 'id', detail: 'missing', count: imported?.rejected }]);
  });

  it('sends nothing once it is done, but when it is asked to', async () => {
    // Prepare
    const files = [await fileOf('july.csv', csv(20))];
    const first = await options(files);
    await importFiles(first);
    const { stateDir } = first;
    const [same, again, otherDays] = [
      await options(files, { stateDir }),
      await options(files, { stateDir, again: true }),
      await options(files, { stateDir, from: '2013-07-02' }),
    ];

    // Act
    const ends = [];
    for (const one of [same, again, otherDays]) ends.push((await importFiles(one))[0]?.end);

    // Assess
    expect(ends).toEqual(['known', 'done', 'done']);
    expect([same.sent, again.sent, otherDays.sent].map(({ length }) => length)).toEqual([0, 20, 10]);
  });

  it('begins anew where its state cannot be read, and knows files by their bytes', async () => {
    // Prepare
    const first = await options([await fileOf('july.csv', csv(20))]);
    await importFiles(first);
    const folder = join(first.stateDir, 'imports');
    const [state = ''] = await readdir(folder);
    const kept = JSON.parse(await readFile(join(folder, state), 'utf8'));
    await writeFile(join(folder, state), '{"rows":');
    const second = await options([await fileOf('july.csv', csv(20))], { stateDir: first.stateDir });
    const changed = await options([await fileOf('july.csv', csv(21))], { stateDir: first.stateDir });

    // Act
    const [anew] = await importFiles(second);
    const [other] = await importFiles(changed);

    // Assess
    expect(kept).toMatchObject({
      dataset: 'deliveries',
      file: 'july.csv',
      source: 'short',
      rows: 20,
      done: true,
    });
    expect([anew?.end, anew?.before, second.sent.length]).toEqual(['done', 0, 20]);
    expect([other?.end, other?.before, changed.sent.length]).toEqual(['done', 0, 21]);
  });
});

describe('what was imported before', () => {
  const importedTwice = async (
    file: string,
    first: Partial<ImportOptions>,
    second: Partial<ImportOptions>,
  ): Promise<string | undefined> => {
    const one = await options([file], first);
    await importFiles(one);
    const [imported] = await importFiles(await options([file], { stateDir: one.stateDir, ...second }));
    return imported?.end;
  };
  const others = (zone: string) =>
    new Map([...references, ['others', new Map([['NYC', { code: 'NYC', zone }]])]]);
  const moved = new Map([['depots', new Map([['NYC', { code: 'NYC', zone: 'UTC' }]])]]);

  it.each<[string, Partial<ImportOptions>, Partial<ImportOptions>, string]>([
    ['the same cluster', { cluster: 'a' }, { cluster: 'a' }, 'known'],
    ['another cluster', { cluster: 'a' }, { cluster: 'b' }, 'done'],
    ['a cluster and the local run', {}, { cluster: 'b' }, 'done'],
    ['another content of a table that is looked into', {}, { references: moved }, 'done'],
    ['another content of another table', { references: others('x') }, { references: others('y') }, 'known'],
  ])('is told by %s', async (_what, first, second, expected) => {
    // Prepare
    const file = await fileOf('july.csv', `${HEADER}\nd1,2013-07-01,1200,NYC,1\n`);

    // Act
    const end = await importedTwice(file, first, second);

    // Assess
    expect(end).toBe(expected);
  });

  it('tells entries of one name apart', async () => {
    // Prepare
    const zip = zipOf([
      { name: 'a.csv', content: csv(2) },
      { name: 'a.csv', content: csv(3) },
    ]);
    const first = await options([await fileOf('a.zip', zip)]);

    // Act
    const imported = await importFiles(first);
    const again = await importFiles(
      await options([await fileOf('a.zip', zip)], { stateDir: first.stateDir }),
    );

    // Assess
    expect(imported.map(({ end, rows }) => [end, rows])).toEqual([
      ['done', 2],
      ['done', 3],
    ]);
    expect(again.map(({ end, rows }) => [end, rows])).toEqual([
      ['known', 2],
      ['known', 3],
    ]);
  });
});

describe('a broker that takes nothing', () => {
  const nothingTaken = async () => {
    throw gone();
  };

  it('leaves the file as not imported: the next import sends all', async () => {
    // Prepare
    const files = [await fileOf('july.csv', csv(20))];
    const first = await options(files, { producer: { ...keeping(), send: nothingTaken } });

    // Act
    const [broken] = await importFiles(first);
    const states = await kept(first.stateDir);
    const second = await options(files, { stateDir: first.stateDir });
    const [imported] = await importFiles(second);

    // Assess
    expect(broken).toMatchObject({ end: 'failed', rows: 0, error: { code: 'MR512' } });
    expect(states).toMatchObject([{ rows: 0, done: false }]);
    expect(imported).toMatchObject({ end: 'done', rows: 20, before: 0 });
    expect(second.sent).toHaveLength(20);
  });

  it('ends the import, with the report of what was done before', async () => {
    // Prepare: the second file's records are refused
    const producer = keeping(20);
    const send: typeof producer.send = (records) =>
      producer.send(records).catch(() => {
        throw gone();
      });
    const importing = await options(
      [await fileOf('a.csv', csv(20)), await fileOf('b.csv', csv(5)), await fileOf('c.csv', csv(3))],
      { producer: { ...producer, send } },
    );

    // Act
    const imported = await importFiles(importing);

    // Assess
    expect(imported.map(({ file, end, rows }) => [file, end, rows])).toEqual([
      ['a.csv', 'done', 20],
      ['b.csv', 'failed', 0],
    ]);
    expect(imported[1]).toMatchObject({ source: 'short', error: { code: 'MR512', where: 'broker:9092' } });
    expect(exitCodeOf(imported, false)).toBe(1);
  });
});

describe('an import of few of many rows', () => {
  it('reports and keeps how far it is while it skips', async () => {
    // Prepare: the clock runs so fast that each piece of the file is worth a saving
    let nowMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      nowMs += 10_000;
      return nowMs;
    });
    onTestFinished(() => clock.mockRestore());
    const rows = Array.from({ length: 60_000 }, (_, at) => `d${at},2013-07-01,1200,NYC,1`);
    const seen: { readonly read: number; readonly saved: number }[] = [];
    const importing = await options([await fileOf('july.csv', [HEADER, ...rows].join('\n'))], {
      from: '2013-07-02',
      onProgress: ({ read }) => seen.push({ read, saved: savedRows(importing.stateDir) }),
    });

    // Act
    const [imported] = await importFiles(importing);

    // Assess
    expect(imported).toMatchObject({ end: 'done', rows: 60_000, skipped: 60_000 });
    expect(seen[0]?.read).toBeLessThan(60_000);
    expect(seen.some(({ saved }) => saved > 0 && saved < 60_000)).toBe(true);
  });
});

describe('a file that fails', () => {
  it('sends what stands before the fault, says where it is, and keeps no other file back', async () => {
    // Prepare
    const rows = Array.from(
      { length: 50_000 },
      (_, at) => `d${at},2013-07-01,1200,NYC,${(at * 7919) % 100_003}`,
    );
    const packed = gzipSync([HEADER, ...rows].join('\n'));
    const importing = await options([
      await fileOf('cut.csv.gz', packed.subarray(0, packed.length / 2)),
      '/nowhere/august.csv',
      await fileOf('september.csv', csv(5)),
    ]);

    // Act
    const imported = await importFiles(importing);

    // Assess
    const [cut, missing, whole] = imported;
    expect(imported.map(({ end, error }) => [end, error?.code])).toEqual([
      ['failed', 'MR874'],
      ['failed', 'MR870'],
      ['done', undefined],
    ]);
    expect(cut?.rows).toBeGreaterThan(10_000);
    expect(cut?.error?.where).toBe(`cut.csv.gz, after line ${(cut?.rows ?? 0) + 1}`);
    expect(importing.sent).toHaveLength((cut?.rows ?? 0) + 5);
    expect([missing?.rows, whole?.rows]).toEqual([0, 5]);
    expect(exitCodeOf(imported, false)).toBe(1);
    const text = imported.map(importedText).join('');
    expect(text.replaceAll(/\d\d,?\d{3}/g, 'MANY').replaceAll(/\d\.\d s/g, 'N s')).toMatchInlineSnapshot(`
      "cut.csv.gz (short): broken off
        MANY rows, MANY events, 0 rejected, N s
        MR874: it cannot be unpacked: unexpected end of file
        where: cut.csv.gz, after line MANY
        mend:  fetch the file again: it is cut off or damaged
      /nowhere/august.csv: not imported
        MR870: there is no such file
        where: /nowhere/august.csv
        mend:  name a file that exists and can be read
      september.csv (short): imported
        5 rows, 5 events, 0 rejected, N s
      "
    `);
  });

  it.each([
    ['MR872', 'columns of no source', 'id,day,time,depot\n1,2,3,4\n', 'nearest is `short`, but for `weight`'],
    ['MR873', 'a column twice', 'id,id\n1,2\n', '`id` twice'],
    ['MR871', 'nothing', '', 'empty'],
  ])('%s: %s', async (code, _what, text, what) => {
    // Act
    const [imported] = await importFiles(await options([await fileOf('file.csv', text)]));

    // Assess
    expect(imported).toMatchObject({ end: 'failed', source: null, error: { code, where: 'file.csv' } });
    expect(imported?.error?.what).toContain(what);
  });

  it.each([
    ['there is no file source `nope`', manifest],
    ['the dataset has no source of files', { ...manifest, sources: [] }],
  ])('MR879: %s', async (what, declared) => {
    // Prepare
    const importing = await options([], {
      manifest: declared,
      ...(what.includes('nope') ? { source: 'nope' } : {}),
    });

    // Act
    const importedFiles = importFiles(importing);

    // Assess
    await expect(importedFiles).rejects.toMatchObject({
      code: 'MR879',
      message: expect.stringContaining(what),
    });
  });
});
