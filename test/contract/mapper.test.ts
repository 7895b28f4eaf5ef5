import { describe, expect, it } from 'vitest';
import { compileMapping, type References } from '../../lib/contract/mapper.ts';
import {
  clock,
  constant,
  date,
  double,
  type Expression,
  field,
  flag,
  isNull,
  long,
  type Mapping,
  present,
  text,
  when,
} from '../../lib/contract/mapping.ts';

const depots: References = new Map([
  [
    'depots',
    new Map([
      ['NYC', { code: 'NYC', zone: 'America/New_York', number: 7, note: null }],
      ['GUM', { code: 'GUM', zone: 'Pacific/Guam', number: 8, note: 'far' }],
      ['BAD', { code: 'BAD', zone: 'Mars/Olympus', number: 9, note: null }],
    ]),
  ],
]);
const map = (event: Mapping['event'], row: Record<string, unknown>, demands: Mapping['demands'] = []) =>
  compileMapping({ demands, event }, depots)(row);
/** The value of one expression. */
const made = (expression: Expression, row: Record<string, unknown> = {}): unknown => {
  const mapped = map({ value: expression }, row);
  return 'event' in mapped ? mapped.event.value : mapped;
};
const zone: Expression = { lookup: 'depots', key: text('at'), column: 'zone' };

describe('an event', () => {
  it('has values of the types of the contract, nested by their paths', () => {
    // Act
    const mapped = map(
      {
        'a.b': text('t'),
        'a.c': long('n'),
        day: date('d'),
        at: { instant: { date: field('day'), clock: clock('c'), zone } },
        hour: { hourOf: clock('c') },
        hhmm: { hhmmOf: clock('c') },
        ok: flag('f'),
        of: double('x'),
        none: text('nothing'),
      },
      { t: 'text', n: '12', d: '2013-07-01', c: '2400', f: '1.00', x: '2.5', at: 'NYC' },
    );

    // Assess
    expect(mapped).toEqual({
      event: {
        a: { b: 'text', c: 12 },
        day: '2013-07-01',
        at: '2013-07-02T04:00:00.000Z',
        hour: 0,
        hhmm: 2400,
        ok: true,
        of: 2.5,
        none: null,
      },
    });
  });

  it('is made of nested values too; a column of the very name comes first', () => {
    // Act
    const values = [{ a: { b: 'nested' } }, { 'a.b': 'flat', a: { b: 'nested' } }, { a: 5 }, {}].map((row) =>
      made(text('a.b'), row),
    );

    // Assess
    expect(values).toEqual(['nested', 'flat', null, null]);
  });

  it('is not made of what every object inherits', () => {
    // Act
    const values = ['constructor', 'a.constructor'].map((path) => made(text(path), { a: {} }));

    // Assess
    expect(values).toEqual([null, null]);
  });
});

describe('an expression', () => {
  const row = { one: '1', zero: '0', day: '2024-02-10', name: 'ab', at: 'NYC', guam: 'GUM' };

  it.each<[string, Expression, unknown]>([
    ['constant', constant(5), 5],
    [
      'join',
      { join: [text('name'), long('one'), date('day'), flag('zero')], with: '_' },
      'ab_1_2024-02-10_false',
    ],
    ['join of null', { join: [text('name'), text('none')], with: '_' }, null],
    ['dateOf', { dateOf: [constant(2024), constant(2), constant(29)] }, '2024-02-29'],
    ['dateOf null', { dateOf: [constant(2024), long('none'), constant(29)] }, null],
    ['endOfMonth', { endOfMonth: date('day') }, '2024-02-29T23:59:59.999Z'],
    [
      'endOfMonth of a December',
      { endOfMonth: { dateOf: [constant(2023), constant(12), constant(31)] } },
      '2023-12-31T23:59:59.999Z',
    ],
    ['upper', { upper: text('name') }, 'AB'],
    ['lookup', { lookup: 'depots', key: text('at'), column: 'number' }, 7],
    ['lookup of a null cell', { lookup: 'depots', key: text('at'), column: 'note' }, null],
    ['lookup by null', { lookup: 'depots', key: text('none'), column: 'number' }, null],
    ['isNull', isNull(text('none')), true],
    ['isNull of a value', isNull(text('name')), false],
    ['equal', { equal: [text('name'), constant('ab')] }, true],
    ['equal of numbers', { equal: [long('one'), double('one')] }, true],
    ['equal to null', { equal: [text('none'), constant('ab')] }, null],
    ['not', { not: flag('one') }, false],
    ['not null', { not: flag('none') }, null],
    ['if', when(flag('one'), constant('y')), 'y'],
    ['else', when(flag('zero'), constant('y'), constant('n')), 'n'],
    ['if null', when(flag('none'), constant('y'), constant('n')), null],
    ['first', { first: [text('none'), text('name')] }, 'ab'],
    ['first of long and double', { first: [long('none'), double('one')] }, 1],
    ['first of nothing', { first: [text('none')] }, null],
    ['utc', { utc: constant('2026-03-08T02:30:00.5+05:30') }, '2026-03-07T21:00:00.500Z'],
    ['utc with Z', { utc: constant('2026-03-08 02:30Z') }, '2026-03-08T02:30:00.000Z'],
    ['local', { local: { text: constant('2026-01-08T02:30:00+00:00'), zone } }, '2026-01-08T07:30:00.000Z'],
    [
      'plusMinutes',
      { plusMinutes: [{ utc: constant('2026-03-08T02:30:00Z') }, constant(-1.5)] },
      '2026-03-08T02:28:30.000Z',
    ],
    ['plusMinutes of null', { plusMinutes: [{ utc: constant('2026-03-08T02:30:00Z') }, long('none')] }, null],
    [
      'next',
      { next: { clock: clock('none'), zone, after: { utc: constant('2026-03-08T02:30:00Z') } } },
      null,
    ],
  ])('%s', (_name, expression, expected) => {
    // Act
    const value = made(expression, row);

    // Assess
    expect(value).toEqual(expected);
  });

  it.each<[readonly (boolean | null)[], boolean | null, boolean | null]>([
    [[], true, false],
    [[true, true], true, true],
    [[true, false], false, true],
    [[false, null], false, null],
    [[true, null], null, true],
    [[null], null, null],
  ])('all and any of %j are %j and %j', (values, all, any) => {
    // Prepare
    const parts = values.map((value) => (value === null ? flag('none') : constant(value)));

    // Act
    const found = [made({ all: parts }), made({ any: parts })];

    // Assess
    expect(found).toEqual([all, any]);
  });

  it('follows a trip over the date line: it arrives the day before it departs', () => {
    // Act: Guam to Honolulu, 07:00 to 18:40 the day before
    const mapped = map(
      {
        departure: { instant: { date: date('d'), clock: clock('dep'), zone } },
        arrival: {
          next: { clock: clock('arr'), zone: constant('Pacific/Honolulu'), after: field('departure') },
        },
        arrived: {
          nearest: {
            clock: clock('was'),
            zone: constant('Pacific/Honolulu'),
            around: { plusMinutes: [field('arrival'), double('delay')] },
          },
        },
      },
      { d: '2013-07-02', dep: '0700', arr: '1840', was: '5', delay: '325', at: 'GUM' },
    );

    // Assess
    expect(mapped).toEqual({
      event: {
        departure: '2013-07-01T21:00:00.000Z',
        arrival: '2013-07-02T04:40:00.000Z',
        arrived: '2013-07-02T10:05:00.000Z',
      },
    });
  });

  it('writes a double of any size in a joined text', () => {
    // Act
    const mapped = map({ a: { join: [double('x'), double('y')], with: '/' } }, { x: 1e21, y: 1.5e-7 });

    // Assess
    expect(mapped).toEqual({ event: { a: '1000000000000000000000/0.00000015' } });
  });

  it.each([
    ['NA', { a: null, b: null }],
    [undefined, { a: 'NA', b: null }],
  ])('takes a text for null only where it is told to: %s', (nullText, event) => {
    // Prepare
    const mapping = { demands: [], event: { a: text('a'), b: long('b') } };
    const mapOf = compileMapping(mapping, depots, nullText);

    // Act
    const mapped = mapOf({ a: 'NA', b: nullText ?? '' });

    // Assess
    expect(mapped).toEqual({ event });
  });
});

describe('a rejection', () => {
  const cancelled = flag('Cancelled');

  it.each<[string, Record<string, unknown>, string, string]>([
    ['a missing value', {}, 'id', 'missing'],
    ['an unknown flag', { id: 1 }, 'dep', 'missing'],
    ['a value that must be there', { id: 1, Cancelled: 0 }, 'dep', 'missing'],
    ['no number', { id: 'x', dep: '5' }, 'id', 'x is no whole number'],
    ['no time', { id: 1, dep: '2575' }, 'dep', '2575 is no time hhmm'],
    ['no flag', { id: 1, Cancelled: 'maybe' }, 'Cancelled', 'maybe is neither 0 nor 1'],
    ['no such key', { id: 1, dep: '5', at: 'XXX' }, 'at', 'XXX is not in depots'],
    ['no such zone', { id: 1, dep: '5', at: 'BAD' }, 'at', 'Mars/Olympus is no time zone'],
    ['no such date', { id: 1, dep: '5', at: 'NYC', month: 13 }, 'month', '2013-13-01 is no date'],
    ['an object', { id: { a: [1n] }, dep: '5' }, 'id', '{"a":["1"]} is no text'],
    ['a long text', { id: 'x'.repeat(200), dep: '5' }, 'id', `${'x'.repeat(80)}… is no whole number`],
    ['half a character', { id: '\ud800', dep: '5' }, 'id', '\ufffd is no whole number'],
  ])('names column and value: %s', (_name, row, path, detail) => {
    // Act
    const mapped = map(
      {
        id: long('id'),
        hour: { hourOf: clock('dep') },
        at: { instant: { date: date('day'), clock: clock('dep'), zone } },
        date: { dateOf: [constant(2013), long('month'), constant(1)] },
      },
      { day: '2013-01-01', ...row },
      [present('id'), present('dep', cancelled)],
    );

    // Assess
    expect(mapped).toMatchObject({ rejected: { path, detail } });
  });

  it.each<[string, Expression, string]>([
    ['a time without its offset', { utc: text('t') }, '2026-03-08T02:30:00 is a time without offset'],
    ['no time', { utc: { join: [text('t'), constant('x')], with: '' } }, '2026-03-08T02:30:00x is no time'],
    [
      'minutes without end',
      { plusMinutes: [{ utc: constant('2026-03-08T02:30:00Z') }, double('n')] },
      '1e+300 is no time of the years 1 to 9999',
    ],
  ])('is made of %s', (_name, expression, detail) => {
    // Act
    const value = made(expression, { t: '2026-03-08T02:30:00', n: 1e300 });

    // Assess
    expect(value).toMatchObject({ rejected: { detail } });
  });

  it('says the reason without the value, so that like ones can be counted', () => {
    // Act
    const mapped = map({ id: long('id') }, { id: 'x' });

    // Assess
    expect(mapped).toEqual({
      rejected: { path: 'id', detail: 'x is no whole number', reason: 'no whole number' },
    });
  });
});

describe('an unsound mapping', () => {
  it.each<[string, Mapping['event']]>([
    ['a field that is made later', { a: field('b'), b: constant(1) }],
    ['an unknown table', { a: { lookup: 'nope', key: text('a'), column: 'b' } }],
    ['a clock as a value', { a: clock('c') }],
    ['an hour of a text', { a: { hourOf: text('c') } }],
    ['a text or a number', { a: { first: [text('c'), long('c')] } }],
    ['a condition that is none', { a: when(text('c'), constant(1), constant(2)) }],
    ['values that are never equal', { a: { equal: [text('c'), long('c')] } }],
    ['an unknown form', { a: { nope: 1 } as unknown as Expression }],
    ['an unknown cell', { a: { take: 'a', as: 'nope' } as unknown as Expression }],
  ])('is refused: %s', (_name, event) => {
    // Act
    const compile = () => compileMapping({ demands: [], event }, depots);

    // Assess
    expect(compile).toThrow(expect.objectContaining({ code: 'MR141' }));
  });
});
