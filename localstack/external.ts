import { MillraceError } from '../lib/errors.ts';
import type { Endpoints } from './local.ts';
import type { Credentials } from './services/minio.ts';

/** Services that run elsewhere, a docker compose for one: the local run uses them and does not start its own. */
export interface External {
  readonly endpoints: Readonly<Partial<Endpoints>>;
  /** URL that serves the AWS APIs which are none of the above. @default the local AWS server */
  readonly rest?: string;
  /** Demanded where S3 is given. */
  readonly credentials?: Credentials;
}

const VARIABLES: Readonly<Record<keyof Endpoints, string>> = {
  kafka: 'MILLRACE_ENDPOINT_KAFKA',
  s3: 'MILLRACE_ENDPOINT_S3',
  aws: 'MILLRACE_ENDPOINT_AWS',
  athena: 'MILLRACE_ENDPOINT_ATHENA',
};

/**
 * Reads `MILLRACE_ENDPOINT_KAFKA` (HOST:PORT), `_S3`, `_AWS`, `_ATHENA`, `_REST` (URLs), and for S3
 * `MILLRACE_S3_ACCESS_KEY_ID` and `MILLRACE_S3_SECRET_ACCESS_KEY`.
 *
 * @throws MR421 for an S3 without credentials
 */
export function externalServices(environment: Readonly<Record<string, string | undefined>>): External {
  const endpoints: Partial<Record<keyof Endpoints, string>> = {};
  for (const name of ['kafka', 's3', 'aws', 'athena'] as const) {
    const value = environment[VARIABLES[name]];
    if (value !== undefined && value !== '') endpoints[name] = value;
  }
  const rest = environment.MILLRACE_ENDPOINT_REST;
  const given: External = { endpoints, ...(rest === undefined || rest === '' ? {} : { rest }) };
  if (endpoints.s3 === undefined) return given;

  const accessKeyId = environment.MILLRACE_S3_ACCESS_KEY_ID;
  const secretAccessKey = environment.MILLRACE_S3_SECRET_ACCESS_KEY;
  if (!accessKeyId || !secretAccessKey) {
    throw new MillraceError('MR421', 'an S3 endpoint is given without credentials', {
      where: VARIABLES.s3,
      mend: 'set MILLRACE_S3_ACCESS_KEY_ID and MILLRACE_S3_SECRET_ACCESS_KEY too',
    });
  }
  return { ...given, credentials: { accessKeyId, secretAccessKey } };
}
