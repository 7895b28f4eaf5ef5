import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { handler as Handler } from '../../../lambdas/land/index.ts';
import { base64, eventOf, manifest, record, rowsOf } from './readings.ts';

const s3 = mockClient(S3Client);
const context = {
  functionName: 'land',
  awsRequestId: 'r-1',
  getRemainingTimeInMillis: () => 60_000,
} as Context;
const secret = 'the content of a record';

let directory: string;
let handler: typeof Handler;
let printed: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-land-'));
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
  vi.stubEnv('LAMBDA_TASK_ROOT', directory);
  vi.stubEnv('DATASET', 'readings');
  vi.stubEnv('BRONZE_BUCKET', 'bronze');
  vi.stubEnv('BRONZE_PREFIX', 'readings/');
  vi.stubEnv('QUARANTINE_BUCKET', 'quarantine');
  vi.stubEnv('QUARANTINE_PREFIX', 'readings/');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'land');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'Millrace');
  // Powertools then prints through the global console, which this test reads.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  ({ handler } = await import('../../../lambdas/land/index.ts'));
});

beforeEach(() => {
  s3.reset();
  printed = [];
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void printed.push(parts.join(' ')));
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

const broken = base64(JSON.stringify({ reading_id: secret, taken_at: '2026-03-01T10:59:58.123Z', level: 1 }));

describe('handler', () => {
  it('puts bronze and quarantine, and answers that nothing failed', async () => {
    // Prepare
    s3.on(PutObjectCommand).resolves({});
    const event = eventOf({ 'readings-0': [record(0), record(1, { value: broken })] });

    // Act
    const response = await handler(event, context);

    // Assess
    expect(response).toEqual({ batchItemFailures: [] });
    const inputs = s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input);
    const object = 'date=2026-03-01/hour=10/readings-0-00000000000000000000-00000000000000000001.parquet';
    expect(inputs.map(({ Bucket, Key }) => [Bucket, Key])).toEqual([
      ['bronze', `readings/${object}`],
      ['quarantine', `readings/${object}`],
    ]);
    const rows = await rowsOf(inputs[0]?.Body as Uint8Array);
    expect(rows).toMatchObject([{ verdict: 'valid' }, { verdict: 'invalid', verdict_path: 'reading_id' }]);
  });

  it('publishes its metrics in EMF and logs counts, never the content of a record', async () => {
    // Prepare
    s3.on(PutObjectCommand).resolves({});
    const event = eventOf({ 'readings-0': [record(0, { value: broken, key: base64(secret) }), record(1)] });

    // Act
    await handler(event, context);

    // Assess
    const emf = printed.flatMap((line) => (line.includes('CloudWatchMetrics') ? [JSON.parse(line)] : []));
    expect(emf).toHaveLength(1);
    expect(emf[0]).toMatchObject({
      service: 'land',
      dataset: 'readings',
      LandedRecords: 2,
      RecordsValid: 1,
      RecordsInvalid: 1,
      RecordsTooOld: 0,
      WrittenObjects: 2,
      FailedPartitions: 0,
      LandingMilliseconds: expect.any(Number),
    });
    const output = printed.join('\n');
    expect(output).toContain('"message": "landed"');
    expect(output).not.toContain(secret);
    expect(output).not.toContain(base64(secret));
  });

  it('answers with the lowest offset of a partition that could not be written, and logs why', async () => {
    // Prepare
    s3.on(PutObjectCommand).callsFake(({ Key }: { Key: string }) => {
      if (Key.includes('readings-1-')) throw Object.assign(new Error('slow down'), { name: 'SlowDown' });
      return {};
    });
    const event = eventOf({
      'readings-0': [record(0)],
      'readings-1': [record(8, { partition: 1 }), record(9, { partition: 1 })],
    });

    // Act
    const response = await handler(event, context);

    // Assess
    expect(response).toEqual({
      batchItemFailures: [{ itemIdentifier: { partition: 'readings-1', offset: 8 } }],
    });
    expect(printed.join('\n')).toContain('SlowDown');
  });

  it('throws where nothing could be written', async () => {
    // Prepare
    s3.on(PutObjectCommand).rejects(new Error('no bucket'));

    // Act
    const response = handler(eventOf({ 'readings-0': [record(0)] }), context);

    // Assess
    await expect(response).rejects.toMatchObject({ code: 'MR803' });
  });
});
