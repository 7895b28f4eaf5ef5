import { describe, expect, it } from 'vitest';
import { cellReaders, dateText } from '../../lib/contract/cell.ts';
import type { CellType } from '../../lib/contract/mapping.ts';

const day = (text: string): number => Date.parse(text) / 86_400_000;

describe('cells', () => {
  it.each<[CellType, unknown, unknown]>([
    ['text', 'NAV', 'NAV'],
    ['text', 12, '12'],
    ['text', 12.5, '12.5'],
    ['text', 2 ** 53 - 1, '9007199254740991'],
    ['text', 'NA', 'NA'],
    ['text', 1.5e-7, '0.00000015'],
    ['text', -1e-7, '-0.0000001'],
    ['text', 12n, '12'],
    ['text', true, 'true'],
    ['text', new Date('2013-01-02T03:04:05Z'), '2013-01-02T03:04:05.000Z'],
    ['long', '12', 12],
    ['long', '-0', 0],
    ['long', '12.0', 12],
    ['long', '12.', 12],
    ['long', 12, 12],
    ['long', 12n, 12],
    ['double', '-2.50', -2.5],
    ['double', '1e3', 1000],
    ['double', '.5', 0.5],
    ['double', 3n, 3],
    ['flag', '0.00', false],
    ['flag', '1.00', true],
    ['flag', '1', true],
    ['flag', 0, false],
    ['flag', 1n, true],
    ['flag', 'True', true],
    ['flag', 'false', false],
    ['flag', false, false],
    ['date', '2013-01-31', day('2013-01-31')],
    ['date', '2013-01-31 00:00:00', day('2013-01-31')],
    ['date', '2013-01-31T00:00:00.000Z', day('2013-01-31')],
    ['date', '2026-03-08T23:30:00+00:00', day('2026-03-08')],
    ['date', '1/31/2023 12:00:00 AM', day('2023-01-31')],
    ['date', '1/3/2023', day('2023-01-03')],
    ['date', new Date('2013-01-31T00:00:00Z'), day('2013-01-31')],
    ['clock', '517', 317],
    ['clock', '0517', 317],
    ['clock', 517, 317],
    ['clock', 517n, 317],
    ['clock', '517.0', 317],
    ['clock', '0', 0],
    ['clock', '5', 5],
    ['clock', '2359', 1439],
    ['clock', '2400', 1440],
    ['clock', '2026-03-08T02:30:00+00:00', 150],
    ['clock', new Date('2013-01-31T02:30:00Z'), 150],
  ])('%s of %o is %o', (type, cell, expected) => {
    // Act
    const value = cellReaders[type](cell);

    // Assess
    expect(value).toBe(expected);
  });

  it.each<[CellType, readonly unknown[], string]>([
    ['text', [{ a: 1 }, [1], new Date(Number.NaN)], 'no text'],
    ['text', [JSON.parse('9007199254740993'), -(2 ** 53), 1e21], 'no exact number'],
    [
      'long',
      ['12.5', '1e3', '0x1f', ' 12', 'x', 12.5, '9007199254740993', true, 2n ** 60n],
      'no whole number',
    ],
    [
      'double',
      ['x', '1,5', 'Infinity', Number.NaN, Number.POSITIVE_INFINITY, '1e999', true, {}],
      'no number',
    ],
    ['flag', ['2', '0.5', 'yes', 2, {}, ' 1'], 'neither 0 nor 1'],
    [
      'date',
      ['2013-02-30', '2013-1-31', '13/1/2023', '2013-01-31x', '20130131', 5, '2013-01-31 25:00'],
      'no date',
    ],
    ['date', [new Date(Number.NaN)], 'no date'],
    [
      'clock',
      ['2401', '2575', '1260', '-5', '12:30', '12345', 'x', 517.5, true, '2026-03-08'],
      'no time hhmm',
    ],
  ])('%s is not made of %o', (type, cells, fault) => {
    for (const cell of cells) {
      // Act
      const read = () => cellReaders[type](cell);

      // Assess
      expect(read, String(cell)).toThrow(fault);
    }
  });

  it('are null where nothing stands', () => {
    for (const read of Object.values(cellReaders)) {
      // Act
      const values = ['', null, undefined].map(read);

      // Assess
      expect(values).toEqual([null, null, null]);
    }
  });

  it('make dates that read back', () => {
    for (let days = day('0001-01-01'); days <= day('9999-12-31'); days += 97) {
      // Act
      const read = cellReaders.date(dateText(days));

      // Assess
      expect(read).toBe(days);
    }
  });
});
