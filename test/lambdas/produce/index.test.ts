import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka';
import type { Context, SQSEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { handler as Handler } from '../../../lambdas/produce/index.ts';
import { packed } from '../../../lambdas/shared/queued-records.ts';
import { parcels } from '../fetch/sources.ts';

const kafka = mockClient(KafkaClient);
const context = { functionName: 'produce', awsRequestId: 'r-1' } as Context;

let directory: string;
let handler: typeof Handler;
let printed: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-produce-'));
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(parcels()));
  vi.stubEnv('LAMBDA_TASK_ROOT', directory);
  vi.stubEnv('DATASET', 'parcels');
  vi.stubEnv('SOURCE', 'carrier');
  vi.stubEnv('CLUSTER_ARN', 'arn:aws:kafka:us-east-1:123456789012:cluster/c/1');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'produce');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'Millrace');
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  ({ handler } = await import('../../../lambdas/produce/index.ts'));
});

beforeEach(() => {
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

describe('handler', () => {
  it('names the messages that no broker took, and shows no record', async () => {
    // Prepare
    kafka.on(GetBootstrapBrokersCommand).resolves({});
    const [body = ''] = packed([{ key: 'p-1', value: 'content of a record' }], 1_000);
    const event = {
      Records: [
        { messageId: 'm-1', body },
        { messageId: 'm-2', body },
      ],
    } as SQSEvent;

    // Act
    const response = await handler(event, context);

    // Assess
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-1' }, { itemIdentifier: 'm-2' }] });
    expect(kafka.commandCalls(GetBootstrapBrokersCommand)).toHaveLength(2);
    expect(printed.join('\n')).toContain('MR802');
    expect(printed.join('\n')).not.toContain('content of a record');
  });
});
