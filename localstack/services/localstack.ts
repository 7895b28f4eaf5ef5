import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { baseEnvironment, type Child, startChild } from './child.ts';
import { answersOk } from './health.ts';
import { freePort, LOOPBACK, type PortWish } from './port.ts';

export interface LocalStackOptions {
  /** The interpreter of the environment of localstack/python/localstack.txt. */
  readonly python: string;
  /** Everything it keeps lies below. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly records: string;
  readonly port?: PortWish;
}

/** LocalStack in host mode, which no container bounds, on the loopback address; endpoint is a URL. */
export async function startLocalStack(options: LocalStackOptions): Promise<Child> {
  const port = await freePort('localstack', options.port);
  const gateway = `${LOOPBACK}:${port}`;
  const endpoint = `http://${gateway}`;
  const temporary = join(options.dataDir, 'tmp');
  await mkdir(temporary, { recursive: true });
  return startChild({
    name: 'localstack',
    endpoint,
    command: options.python,
    args: ['-m', 'localstack.runtime.main'],
    env: {
      ...baseEnvironment(),
      OVERRIDE_IN_DOCKER: '0',
      // Its default server listens on all addresses, whatever it is told.
      GATEWAY_SERVER: 'hypercorn',
      GATEWAY_LISTEN: gateway,
      LOCALSTACK_HOST: gateway,
      FILESYSTEM_ROOT: options.dataDir,
      TMPDIR: temporary,
      // No name server, no certificate from elsewhere, no news of this machine to anyone.
      DNS_ADDRESS: '0',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DISABLE_EVENTS: '1',
      // Types it does not know (Glue, MSK, Athena, rules of security groups) are passed over, and it says so.
      CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES: '1',
    },
    logFile: options.logFile,
    records: options.records,
    healthy: () => answersOk(`${endpoint}/_localstack/health`),
  });
}
