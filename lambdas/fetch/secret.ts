import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MillraceError } from '../../lib/errors.ts';

/** Text of a secret. @throws MillraceError MR893: there is none, or this function may not read it */
export async function readSecret(client: SecretsManagerClient, name: string): Promise<string> {
  const wrong = (why: string, cause?: unknown) =>
    new MillraceError('MR893', `secret ${name} cannot be read: ${why}`, {
      where: 'Secrets Manager',
      mend: `make it, with the key as its text: aws secretsmanager create-secret --name ${name} --secret-string KEY; locally, MILLRACE_SECRET_${environmentName(name)} of \`millrace up\` holds it`,
      cause,
    });
  const { SecretString } = await client
    .send(new GetSecretValueCommand({ SecretId: name }))
    .catch((cause: unknown) => {
      throw wrong(cause instanceof Error ? cause.message : String(cause), cause);
    });
  const text = SecretString?.trim() ?? '';
  if (text === '') throw wrong('it has no text');
  return text;
}

/** `millrace/some-api` -> `MILLRACE_SOME_API` */
export function environmentName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
}
