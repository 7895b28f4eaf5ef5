import { describe, expect, it } from 'vitest';
import { reader } from '../../../localstack/resources/properties.ts';

const read = reader(
  {
    Name: 'n',
    Count: '12',
    Ratio: 0.5,
    On: true,
    Off: 'false',
    Items: ['a', 'b'],
    Inner: { Deep: { Text: 7 } },
    List: [{ A: 1 }],
    Nothing: null,
  },
  'Stack/Thing',
);

describe('reader', () => {
  it('reads numbers and flags also from strings, as CloudFormation does', () => {
    // Act
    const values = [
      read.text('Name'),
      read.number('Count'),
      read.number('Ratio'),
      read.flag('On', false),
      read.flag('Off', true),
      read.flag('Missing', true),
    ];

    // Assess
    expect(values).toEqual(['n', 12, 0.5, true, false, true]);
  });

  it('reads what is nested', () => {
    // Act
    const values = [
      read.inside('Inner').inside('Deep').text('Text'),
      read.texts('Items'),
      read.objects('List'),
      read.texts('Nothing'),
      read.object('Missing'),
    ];

    // Assess
    expect(values).toEqual(['7', ['a', 'b'], [{ A: 1 }], [], {}]);
  });

  it.each<[string, () => unknown]>([
    ['a missing text', () => read.text('Missing')],
    ['a text that is an object', () => read.text('Inner')],
    ['a number that is none', () => read.number('Name')],
    ['a flag that is none', () => read.flag('Name', false)],
    ['a list that is none', () => read.texts('Name')],
    ['an object that is none', () => read.object('Name')],
    ['a list of other things', () => read.objects('Items')],
  ])('refuses %s', (_name, act) => {
    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR405', where: 'Stack/Thing' }));
  });
});
