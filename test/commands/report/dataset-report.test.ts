import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, answersOf, writeReport } from '../../../bin/command/report/dataset-report.ts';
import { dataset } from '../../../lib/contract/dataset.ts';
import type { NamedQuery } from '../../../lib/contract/manifest.ts';
import { parcels, parcelsSql } from '../../contract/parcels.ts';

const query = (name: string, kind: NamedQuery['kind'], chart: NamedQuery['chart'] = null): NamedQuery => ({
  name,
  kind,
  chart,
  description: `The ${name} & "more"`,
  sql: 'SELECT 1',
});
const figures: Answer = {
  query: query('figures', 'summary'),
  columns: [
    { name: 'parcels', type: 'bigint' },
    { name: 'late_percent', type: 'double' },
  ],
  rows: [['1234', '5.5']],
};
const bars: Answer = {
  query: query('by_year', 'analysis', {
    mark: 'bar',
    encoding: { x: { field: 'year', type: 'ordinal' }, y: { field: 'parcels', type: 'quantitative' } },
  }),
  columns: [
    { name: 'year', type: 'integer' },
    { name: 'parcels', type: 'bigint' },
  ],
  rows: Array.from({ length: 201 }, (_, at) => [String(1900 + at), '12345678901234567']),
};
const bare: Answer = {
  query: query('depots', 'view'),
  columns: [{ name: 'depot', type: 'varchar' }],
  rows: [['a <b>'], [null]],
};
const FACTS = {
  dataset: 'parcels',
  description: 'Scans of parcels.',
  stage: 'local',
  generatedAt: '2026-03-01T10:00:00.000Z',
};

describe('a written report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-report-'));
  let files: string[];
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  beforeAll(async () => {
    files = await writeReport(folder, FACTS, [figures, bars, bare]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('has a picture and the rows of each query, the key figures and a page', () => {
    expect(files[0]).toBe('index.html');
    expect([...files].sort()).toEqual(readdirSync(folder).sort());
    expect(files).toEqual(
      expect.arrayContaining(['by_year.svg', 'by_year.csv', 'depots.csv', 'figures.csv', 'summary.json']),
    );
    expect(files).not.toContain('depots.svg');
  });

  test('has in its files every digit, and when it was made', () => {
    expect(read('by_year.csv').split('\n').slice(0, 2)).toEqual(['year,parcels', '1900,12345678901234567']);
    expect(JSON.parse(read('summary.json'))).toEqual({
      generatedAt: FACTS.generatedAt,
      parcels: 1234,
      late_percent: 5.5,
    });
  });

  test('has a page that loads nothing and shows everything', () => {
    // Act
    const page = read('index.html');

    // Assess
    expect(page).not.toMatch(/<script|<link|src="(?!data:)|@import|url\(/);
    expect(page.match(/<img alt="Chart: The by_year &amp; &quot;more&quot;"/g)).toHaveLength(1);
    expect(page).toContain(Buffer.from(read('by_year.svg').trimEnd()).toString('base64'));
    expect(page).toContain('a &lt;b&gt;');
    expect(page).toContain('<span>late (%)</span>');
    expect(page).toContain('<td class="n">1900</td>');
    expect(page).toContain('The first 200 of 201 rows.');
    expect(page.match(/<details open>/g)).toHaveLength(1);
    expect(page.match(/<details>/g)).toHaveLength(1);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('says which days it is of', async () => {
    // Prepare
    const some = join(folder, 'some');
    const days = { from: '2026-03-01', to: '2026-03-03' };

    // Act
    await writeReport(some, { ...FACTS, days }, [figures, { ...bare, whole: true }]);

    // Assess
    const page = readFileSync(join(some, 'index.html'), 'utf8');
    expect(page).toContain('Days: 2026-03-01 to 2026-03-03 (UTC).');
    expect(page.match(/\(of all days\)/g)).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(some, 'summary.json'), 'utf8'))).toMatchObject(days);
    rmSync(some, { recursive: true });
  });

  test('writes nothing where the summary is not one row', async () => {
    // Prepare
    const none = join(folder, 'none');

    // Act
    const writing = writeReport(none, FACTS, [{ ...figures, rows: [] }]);

    // Assess
    await expect(writing).rejects.toMatchObject({ code: 'MR868' });
    expect(readdirSync(folder)).not.toContain('none');
  });
});

const { manifest } = dataset(parcels, parcelsSql);

describe('the answers', () => {
  const asked: string[] = [];
  /** An Athena that answers every statement with no rows, but refuses those that say so. */
  const athena = new AthenaClient({ region: 'eu-central-1' });
  const send = async ({ input }: { input: { QueryString?: string; QueryExecutionId?: string } }) => {
    const { QueryString, QueryExecutionId } = input;
    if (QueryString !== undefined) {
      asked.push(QueryString);
      return { QueryExecutionId: QueryString };
    }
    const State = QueryExecutionId?.includes('refused') ? 'FAILED' : 'SUCCEEDED';
    return { QueryExecution: { Status: { State, StateChangeReason: 'no such table' } } };
  };
  athena.send = send as unknown as typeof athena.send;
  const place = { athena, database: 'd', workGroup: 'w' };

  test('of a dataset without named queries are refused', async () => {
    await expect(answersOf(place, { ...manifest, queries: [] })).rejects.toMatchObject({
      code: 'MR866',
    });
  });

  test('name the query that failed, and Athena’s reason', async () => {
    // Prepare
    const queries = [{ ...query('depots', 'view'), sql: 'SELECT refused' }];

    // Act
    const asking = answersOf(place, { ...manifest, queries });

    // Assess
    await expect(asking).rejects.toMatchObject({ code: 'MR867', where: 'the named query depots' });
    await expect(asking).rejects.toThrow('no such table');
  });

  test('of some days are of their rows of silver, and say where they are of all', async () => {
    // Prepare
    const { silver } = manifest.tables;
    const queries = [
      { ...query('scans', 'view'), sql: `SELECT 1 FROM ${silver}` },
      { ...query('depots', 'view'), sql: 'SELECT 1 FROM depots' },
    ];
    asked.length = 0;

    // Act
    const answers = await answersOf(place, { ...manifest, queries }, undefined, { from: '2026-03-01' });

    // Assess
    expect(asked[0]).toContain(`FROM "d"."${silver}"\n  WHERE "${manifest.partitionTime.column}" >=`);
    expect(asked[1]).toBe('SELECT 1 FROM depots');
    expect(answers.map(({ whole }) => whole)).toEqual([undefined, true]);
  });

  test('are not asked for where one of them cannot be asked of some days', async () => {
    // Prepare
    const sql = `WITH RECURSIVE a AS (SELECT 1 FROM ${manifest.tables.silver}) SELECT * FROM a`;
    const queries = [query('depots', 'view'), { ...query('scans', 'view'), sql }];
    asked.length = 0;

    // Act
    const asking = answersOf(place, { ...manifest, queries }, undefined, { to: '2026-03-01' });

    // Assess
    await expect(asking).rejects.toMatchObject({ code: 'MR856', where: 'the named query scans' });
    expect(asked).toEqual([]);
  });
});
