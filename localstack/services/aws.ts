import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { baseEnvironment, type Child, startChild } from './child.ts';
import { answersHttp } from './health.ts';
import type { Credentials } from './minio.ts';
import { freePort, LOOPBACK, type PortWish } from './port.ts';

export interface PythonServiceOptions {
  readonly python: string;
  readonly dataDir: string;
  readonly s3Endpoint: string;
  readonly credentials: Credentials;
  readonly region: string;
  readonly logFile: string;
  readonly records: string;
  readonly port?: PortWish;
}

export interface AwsOptions extends PythonServiceOptions {
  /** What GetBootstrapBrokers answers. */
  readonly bootstrapBrokers: string;
}

/** Starts one of the project's own Python servers on the loopback address. */
export async function startPythonService(
  name: string,
  script: URL,
  options: PythonServiceOptions,
  own: readonly string[],
  further: Readonly<Record<string, string>> = {},
): Promise<Child> {
  await mkdir(options.dataDir, { recursive: true });
  const port = await freePort(name, options.port);
  const endpoint = `http://${LOOPBACK}:${port}`;
  return startChild({
    name,
    endpoint,
    command: options.python,
    args: [fileURLToPath(script), '--port', String(port), '--state', options.dataDir, ...own],
    env: {
      ...baseEnvironment(),
      AWS_ACCESS_KEY_ID: options.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: options.credentials.secretAccessKey,
      AWS_REGION: options.region,
      AWS_DEFAULT_REGION: options.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      PYTHONUNBUFFERED: '1',
      ...further,
    },
    logFile: options.logFile,
    records: options.records,
    healthy: () => answersHttp(endpoint),
  });
}

/** Secrets that the user gives a local run: MILLRACE_SECRET_NAME (see aws/secrets_from_environment.py). */
function secretVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('MILLRACE_SECRET_') && value !== undefined ? [[name, value]] : [],
    ),
  );
}

/** Glue catalog, MSK's broker look-up, queues, secrets and the small APIs; endpoint is a URL. */
export function startAws(options: AwsOptions): Promise<Child> {
  return startPythonService(
    'aws',
    new URL('../aws/server.py', import.meta.url),
    options,
    ['--bootstrap-brokers', options.bootstrapBrokers, '--s3-endpoint', options.s3Endpoint],
    secretVariables(),
  );
}
