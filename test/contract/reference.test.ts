import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Reference } from '../../lib/contract/manifest.ts';
import { referenceRows } from '../../lib/contract/reference.ts';
import { allDatasets } from '../../lib/datasets/index.ts';
import { referencesOf } from '../../lib/datasets/references.ts';

const depots: Reference = {
  name: 'depots',
  table: 'parcels_depots',
  description: 'Depots',
  file: 'depots.csv',
  key: 'code',
  columns: [
    { name: 'code', type: 'string', comment: 'Code' },
    { name: 'number', type: 'long', comment: 'Number' },
    { name: 'height', type: 'double', comment: 'Height' },
  ],
};
/** Column type, cell, value; no value where it is refused. The jobs' reader is held to the same. */
const cells = JSON.parse(
  readFileSync(new URL('./fixtures/reference-cells.json', import.meta.url), 'utf8'),
) as [Reference['columns'][number]['type'], string, unknown?][];
const read = (text: string, reference = depots) =>
  referenceRows(reference, text, 'parcels.references.depots');

describe('reference rows', () => {
  it('are typed by their columns and found by their key', () => {
    // Act
    const rows = read('\ufeffnumber,extra,code,height\r\n5,x,NA,-1.5\r\n,"a,b",NYC,\r\n');

    // Assess
    expect([...rows]).toEqual([
      ['NA', { code: 'NA', number: 5, height: -1.5 }],
      ['NYC', { code: 'NYC', number: null, height: null }],
    ]);
  });

  it.each(cells)('have a %s of %j: %j', (type, cell, ...expected) => {
    // Prepare
    const columns = [
      { name: 'code', type: 'string', comment: 'Code' },
      { name: 'value', type, comment: 'Value' },
    ] as const;

    // Act
    const reading = () => read(`code,value\na,${cell}\n`, { ...depots, columns }).get('a')?.value;

    // Assess
    if (expected.length > 0) expect(reading()).toBe(expected[0]);
    else expect(reading).toThrow(`row 1: \`${cell}\` is no ${type} (\`value\`)`);
  });

  it('are found by the text of a number', () => {
    // Act
    const rows = read('code,number,height\nNYC,7,1\n', { ...depots, key: 'number' });

    // Assess
    expect(rows.get('7')).toMatchObject({ code: 'NYC' });
  });

  it.each([
    ['nothing', '', 'lacks `code`, `number`, `height`'],
    ['a column less', 'code,height\nNYC,1\n', 'lacks `number`'],
    ['no number', 'code,number,height\nNYC,x,1\n', 'row 1: `x` is no long (`number`)'],
    ['no key', 'code,number,height\nNYC,1,1\n,2,2\n', 'row 2 has no `code`'],
    ['a key twice', 'code,number,height\nNYC,1,1\nNYC,2,2\n', 'the key `NYC` stands twice'],
    ['no CSV', 'code,number,height\n"NYC,1,1\n', 'it is no CSV'],
    ['a cell less', 'code,number,height\nNYC,1\n', 'it is no CSV'],
  ])('are refused: %s', (_what, text, detail) => {
    // Act
    const reading = () => read(text);

    // Assess
    expect(reading).toThrow(
      expect.objectContaining({ code: 'MR143', message: expect.stringContaining(detail) }),
    );
  });

  it('are read for every dataset', async () => {
    for (const { manifest } of await allDatasets()) {
      // Act
      const references = referencesOf(manifest);

      // Assess
      expect([...references.keys()]).toEqual(manifest.references.map(({ name }) => name));
      for (const rows of references.values()) expect(rows.size).toBeGreaterThan(0);
    }
  });

  it('are refused where their file is missing', () => {
    // Act
    const reading = () => referencesOf({ dataset: 'parcels', references: [{ ...depots, file: 'nope.csv' }] });

    // Assess
    expect(reading).toThrow(expect.objectContaining({ code: 'MR143', where: 'parcels.references.depots' }));
  });
});
