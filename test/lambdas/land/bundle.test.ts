import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostedFunction, startFunction } from '../../../localstack/lambda/host.ts';
import { eventOf, manifest, record, rowsOf } from './readings.ts';

let directory: string;
let server: Server;
let land: HostedFunction;
const objects = new Map<string, Buffer>();

/** Takes PutObject of path-style addresses, as the endpoint of an S3 server does. */
function takePuts(): Server {
  return createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    objects.set(decodeURIComponent(request.url?.split('?')[0] ?? ''), Buffer.concat(chunks));
    response.writeHead(200, { etag: '"0"' }).end();
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-bundle-'));
  await build({
    entryPoints: [fileURLToPath(new URL('../../../lambdas/land/index.ts', import.meta.url))],
    outfile: join(directory, 'index.mjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
  server = takePuts();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  land = await startFunction({
    name: 'land',
    codeDir: directory,
    handler: 'index.handler',
    environment: {
      DATASET: 'readings',
      BRONZE_BUCKET: 'bronze',
      QUARANTINE_BUCKET: 'quarantine',
      POWERTOOLS_SERVICE_NAME: 'land',
      POWERTOOLS_METRICS_NAMESPACE: 'Millrace',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
    memoryMb: 512,
    timeoutSeconds: 30,
    logFile: join(directory, 'land.log'),
    nodePath: process.execPath,
  });
});

afterAll(async () => {
  await land.stop();
  server.close();
  await rm(directory, { recursive: true });
});

describe('the bundle', () => {
  it('loads from one file beside its manifest, and lands a batch', async () => {
    // Prepare
    const event = eventOf({ 'readings-0': Array.from({ length: 3_000 }, (_, offset) => record(offset)) });

    // Act
    const response = await land.invoke(event);

    // Assess
    expect(response).toEqual({ batchItemFailures: [] });
    const [[path, body] = ['', Buffer.alloc(0)]] = [...objects];
    expect(path).toBe(
      '/bronze/date=2026-03-01/hour=10/readings-0-00000000000000000000-00000000000000002999.parquet',
    );
    expect(await rowsOf(body)).toHaveLength(3_000);
    expect(await readFile(join(directory, 'land.log'), 'utf8')).toContain('"LandedRecords":3000');
  });

  it('stays small: a cold start reads it whole', async () => {
    // Prepare, Act
    const { size } = await stat(join(directory, 'index.mjs'));

    // Assess
    expect(size).toBeLessThan(1_500_000);
  });
});
