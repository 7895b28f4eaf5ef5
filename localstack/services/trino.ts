import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseEnvironment, type Child, startChild } from './child.ts';
import type { Credentials } from './minio.ts';
import { freePort, LOOPBACK } from './port.ts';

/** Where Trino finds a lake, and what it is made of. */
export interface TrinoOptions {
  /** Folder with `lib` and `plugin`. */
  readonly trino: string;
  /** Java home. */
  readonly java: string;
  readonly dataDir: string;
  readonly s3Endpoint: string;
  readonly glueEndpoint: string;
  readonly credentials: Credentials;
  readonly region: string;
  readonly logFile: string;
  readonly records: string;
}

/** The name that Athena has for it: texts and views that name their catalog run as they stand. */
export const CATALOG = 'awsdatacatalog';
const ICEBERG = 'iceberg';

type Settings = Readonly<Record<string, string>>;

const properties = (settings: Settings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** Secrets stay in the environment: Trino replaces `${ENV:…}`. */
function catalogs(options: TrinoOptions): Readonly<Record<string, Settings>> {
  const [key, secret] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => `\${ENV:${name}}`);
  const lake: Settings = {
    'hive.metastore.glue.endpoint-url': options.glueEndpoint,
    'hive.metastore.glue.region': options.region,
    'hive.metastore.glue.aws-access-key': key ?? '',
    'hive.metastore.glue.aws-secret-key': secret ?? '',
    'fs.native-s3.enabled': 'true',
    's3.endpoint': options.s3Endpoint,
    's3.region': options.region,
    's3.path-style-access': 'true',
    's3.aws-access-key': key ?? '',
    's3.aws-secret-key': secret ?? '',
  };
  return {
    [CATALOG]: {
      'connector.name': 'hive',
      'hive.metastore': 'glue',
      'hive.iceberg-catalog-name': ICEBERG,
      ...lake,
    },
    [ICEBERG]: { 'connector.name': 'iceberg', 'iceberg.catalog.type': 'glue', ...lake },
  };
}

async function serves(endpoint: string): Promise<boolean> {
  const response = await fetch(`${endpoint}/v1/info`, { signal: AbortSignal.timeout(2_000) });
  return response.ok && ((await response.json()) as { readonly starting: boolean }).starting === false;
}

/**
 * Trino on the loopback address, over a Glue catalog and an S3 server; endpoint is a URL. It is the engine of Athena
 * itself, so it tells whether the local Athena is right; no part of a local run.
 */
export async function startTrino(options: TrinoOptions): Promise<Child> {
  const settings = join(options.dataDir, 'etc');
  await mkdir(join(settings, 'catalog'), { recursive: true });
  const port = await freePort('trino');
  const endpoint = `http://${LOOPBACK}:${port}`;
  const server: Settings = {
    coordinator: 'true',
    'node-scheduler.include-coordinator': 'true',
    'http-server.http.port': String(port),
    // It would be written below the folder that Trino is started in.
    'http-server.log.enabled': 'false',
    'discovery.uri': endpoint,
    'plugin.dir': join(options.trino, 'plugin'),
    'catalog.config-dir': join(settings, 'catalog'),
  };
  await writeFile(join(settings, 'config.properties'), properties(server));
  for (const [name, catalog] of Object.entries(catalogs(options)))
    await writeFile(join(settings, 'catalog', `${name}.properties`), properties(catalog));

  const node: Settings = {
    'node.environment': 'local',
    'node.id': 'referee',
    // Both: the address it listens on, and the one it tells others.
    'node.bind-ip': LOOPBACK,
    'node.internal-address': LOOPBACK,
    'node.data-dir': join(options.dataDir, 'data'),
    config: join(settings, 'config.properties'),
    'jdk.attach.allowAttachSelf': 'true',
  };
  const memory = ['-Xmx2G', '-XX:ReservedCodeCacheSize=256M', '-XX:-UsePerfData'];
  return startChild({
    name: 'trino',
    endpoint,
    command: join(options.java, 'bin', 'java'),
    args: [
      ...memory,
      ...Object.entries(node).map(([name, value]) => `-D${name}=${value}`),
      '-cp',
      join(options.trino, 'lib', '*'),
      'io.trino.server.TrinoServer',
    ],
    env: {
      ...baseEnvironment(),
      AWS_ACCESS_KEY_ID: options.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: options.credentials.secretAccessKey,
    },
    logFile: options.logFile,
    records: options.records,
    healthy: () => serves(endpoint),
    readyWithinMs: 120_000,
  });
}
