import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { shown, table, withTable } from '../../bench/page.ts';
import { type Result, rounded } from '../../bench/result.ts';

const result: Result = {
  benchmark: 'land',
  title: 'Landing',
  command: 'npm run bench land',
  takenAt: '2026-01-02T03:04:05.678Z',
  seconds: 12.3,
  machine: {
    cpu: 'Some CPU',
    cores: 2,
    memoryGiB: 24,
    platform: 'linux x64',
    node: '24.0.0',
    java: '17.0.1',
    python: '3.11.7',
  },
  figures: [
    { what: 'landed', value: 77_323.4, unit: 'records/s', aim: '100,000' },
    { what: 'ratio', value: 0.10087, unit: '' },
  ],
  details: {},
};

describe('the table of a result', () => {
  it('shows each figure, and where it was measured', () => {
    // Act
    const lines = table(result).split('\n');

    // Assess
    expect(lines).toEqual([
      '| what | measured | aim |',
      '| --- | --- | --- |',
      '| landed | 77,320 records/s | 100,000 |',
      '| ratio | 0.101 |  |',
      '',
      '`npm run bench land`, 2026-01-02, 12 s, on 2 cores of Some CPU, 24 GiB, linux x64; Node.js 24.0.0, Java 17.0.1, Python 3.11.7.',
    ]);
  });

  it('keeps no digit that was not measured, and whole numbers whole', () => {
    // Act, Assess
    expect(rounded({ a: 0.123456789, b: [123_456_789, 12_345.6789], c: 'x' })).toEqual({
      a: 0.12346,
      b: [123_456_789, 12_346],
      c: 'x',
    });
    expect(shown(1234.5, 's')).toBe('1,235 s');
    expect(shown(rounded({ value: Number.NaN }).value, 's')).toBe('too few events');
  });

  it('takes its place on the page, and only that', () => {
    // Prepare
    const page = 'a\n<!-- bench:land -->\nold\n<!-- /bench:land -->\nb\n<!-- bench:size -->\nc\n';

    // Act, Assess
    expect(withTable(page, 'land', 'new')).toBe(page.replace('old', 'new'));
    expect(withTable(withTable(page, 'land', 'new'), 'land', 'old')).toBe(page);
    expect(withTable(page, 'size', 'new')).toBe(page);
    expect(withTable(page, 'query', 'new')).toBe(page);
  });
});

describe('docs/performance.md', () => {
  it('shows the committed results as they are', async () => {
    // Prepare
    const folder = new URL('../../bench/results/', import.meta.url);
    const page = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));

    // Act
    const results = await Promise.all(
      names.map(async (name): Promise<Result> => JSON.parse(await readFile(new URL(name, folder), 'utf8'))),
    );

    // Assess
    for (const one of results) {
      expect(page).toContain(`<!-- bench:${one.benchmark} -->`);
      expect(withTable(page, one.benchmark, table(one))).toBe(page);
    }
  });
});
