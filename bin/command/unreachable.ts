import { MillraceError } from '../../lib/errors.ts';

/** What an AWS SDK says where nobody, or somebody who may not, asks: names of its errors. */
const names = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'TokenProviderError',
  'UnrecognizedClientException',
]);
/** It has no name of its own. */
const noRegion = 'Region is missing';

/** An error of an AWS SDK that the settings of the environment are to blame for, as a coded one; undefined for any other. */
export function asUnreachable(error: unknown): MillraceError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!names.has(error.name) && error.message !== noRegion) return undefined;
  return new MillraceError('MR514', `the stage cannot be reached: ${error.message}`, {
    where: 'the AWS settings of the environment',
    mend: 'set AWS_PROFILE (or credentials) and AWS_REGION; `aws sts get-caller-identity` shows what they lead to',
    cause: error,
  });
}

/** The error of a stage that does not answer. */
export function notDeployed(where: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('MR514', `the stage cannot be reached: ${why}`, {
    where,
    mend: 'check the AWS settings of the environment (account, region), or deploy: npx cdk deploy --all -c stage=STAGE',
    cause,
  });
}
