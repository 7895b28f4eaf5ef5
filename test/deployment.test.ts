import { describe, expect, test } from 'vitest';
import { environmentOf } from '../lib/deployment.ts';

const free = { name: 'dev', account: null, region: null } as const;
const bound = { name: 'prod', account: '111122223333', region: 'eu-central-1' } as const;

describe('where a stage is deployed to', () => {
  test('is open where nobody says it', () => {
    // Prepare
    const given = {};

    // Act
    const where = environmentOf(free, given);

    // Assess
    expect(where).toBeUndefined();
  });

  test('is what the command line says, of a stage that is not bound', () => {
    // Prepare
    const context = { account: '111122223333', region: 'us-gov-west-1' };

    // Act
    const where = environmentOf(free, context);

    // Assess
    expect(where).toEqual(context);
  });

  test('is what the settings say, of a stage that is bound', () => {
    // Prepare
    const given = { region: 'eu-central-1' };

    // Act
    const where = environmentOf(bound, given);

    // Assess
    expect(where).toEqual({ account: '111122223333', region: 'eu-central-1' });
  });

  test.each([
    ['an account that is none', free, { account: '1234', region: 'eu-west-1' }, '12 digits'],
    ['an account that is a number', free, { account: 1234, region: 'eu-west-1' }, '12 digits'],
    ['a region that is none', free, { account: '111122223333', region: 'Frankfurt' }, 'eu-central-1'],
    ['an account without a region', free, { account: '111122223333' }, 'both'],
    ['another account than the settings', bound, { account: '999900001111' }, '111122223333'],
  ])('%s is refused', (_case, stage, given, named) => {
    // Prepare, Act
    const act = () => environmentOf(stage, given);

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR204', mend: expect.stringContaining(named) }));
  });
});
