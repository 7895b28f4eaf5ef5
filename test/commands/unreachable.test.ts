import { describe, expect, test } from 'vitest';
import { asUnreachable } from '../../bin/command/unreachable.ts';

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

describe('an error of an AWS SDK', () => {
  test.each([
    ['no credentials', named('CredentialsProviderError', 'Could not load credentials from any providers')],
    ['no region', new Error('Region is missing')],
    ['a session that is over', named('ExpiredTokenException', 'The security token is expired')],
    [
      'a role that may not',
      named('AccessDeniedException', 'not authorized to perform: athena:GetNamedQuery'),
    ],
  ])('of %s is told as a stage that is not reached', (_case, error) => {
    // Prepare, Act
    const known = asUnreachable(error);

    // Assess
    expect(known).toMatchObject({ code: 'MR514', cause: error });
    expect(known?.message).toContain(error.message);
  });

  test.each([[new Error('another')], ['Region is missing'], [undefined]])('%s is left as it is', (error) => {
    // Prepare, Act
    const known = asUnreachable(error);

    // Assess
    expect(known).toBeUndefined();
  });
});
