import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { baseEnvironment, type Child, startChild } from './child.ts';
import { answersOk } from './health.ts';
import { freePort, LOOPBACK, type PortWish } from './port.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface MinioOptions {
  /** The binary. */
  readonly minio: string;
  readonly dataDir: string;
  readonly credentials: Credentials;
  readonly region: string;
  readonly logFile: string;
  readonly records: string;
  readonly port?: PortWish;
}

/** The throw-away credentials of a state folder: made at its first start, kept with its data, readable by its owner only. */
export async function localCredentials(path: string): Promise<Credentials> {
  if (existsSync(path)) return JSON.parse(await readFile(path, 'utf8')) as Credentials;
  const credentials = {
    accessKeyId: `local${randomBytes(8).toString('hex')}`,
    secretAccessKey: randomBytes(24).toString('base64url'),
  };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(credentials)}\n`, { mode: 0o600 });
  return credentials;
}

/** The local S3 server on the loopback address; endpoint is a URL. */
export async function startMinio(options: MinioOptions): Promise<Child> {
  await mkdir(options.dataDir, { recursive: true });
  const port = await freePort('s3', options.port);
  const endpoint = `http://${LOOPBACK}:${port}`;
  return startChild({
    name: 'minio',
    endpoint,
    command: options.minio,
    args: ['server', '--quiet', '--address', `${LOOPBACK}:${port}`, options.dataDir],
    env: {
      ...baseEnvironment(),
      MINIO_ROOT_USER: options.credentials.accessKeyId,
      MINIO_ROOT_PASSWORD: options.credentials.secretAccessKey,
      MINIO_REGION: options.region,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      // It may not fill the disk of the machine with its own scanner's work: slowest setting.
      MINIO_SCANNER_SPEED: 'slowest',
    },
    logFile: options.logFile,
    records: options.records,
    healthy: () => answersOk(`${endpoint}/minio/health/live`),
  });
}
