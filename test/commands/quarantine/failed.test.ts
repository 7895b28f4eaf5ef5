import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  type GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { redriveFailed } from '../../../bin/command/quarantine/failed.ts';
import type { StagePlace } from '../../../bin/command/stage-place.ts';
import { allDatasets } from '../../../lib/datasets/index.ts';
import { invocationRecord } from '../../../localstack/lambda/on-failure.ts';

const [dataset] = await allDatasets();
if (dataset === undefined) throw new Error('there is no dataset');
const { manifest } = dataset;
const TOPIC = manifest.topic.name;

/** Two records of a topic as Lambda gave them up. */
function given(topic: string): string {
  const records = [4, 5].map((offset) => {
    const json = JSON.stringify({ topic, partition: 1, offset, timestamp: 0, value: 'e30=' });
    return { partition: `${topic}-1`, offset, timestamp: 0, json, bytes: json.length };
  });
  return invocationRecord(
    { eventSourceArn: 'arn', bootstrapServers: 'b:9098' },
    { records, condition: 'RetryAttemptsExhausted', invocations: 3, functionArn: 'arn' },
    0,
  );
}

interface Answer {
  readonly FunctionError?: string;
  readonly payload: unknown;
}

/** A stage of which only the on-failure destination and the landing are there. */
function placeWith(objects: Map<string, string>, answer: Answer) {
  const events: unknown[] = [];
  const s3 = new S3Client({ region: 'eu-central-1' });
  s3.send = (async (command: ListObjectsV2Command | GetObjectCommand | DeleteObjectCommand) => {
    if (command instanceof ListObjectsV2Command) {
      return { Contents: [...objects.keys()].map((key) => ({ Key: key })) };
    }
    const key = command.input.Key ?? '';
    if (command instanceof DeleteObjectCommand) return objects.delete(key);
    return { Body: { transformToString: async () => objects.get(key) } };
  }) as unknown as S3Client['send'];
  const lambda = {
    send: async ({
      input,
    }: {
      readonly input: { readonly FunctionName: string; readonly Payload: string };
    }) => {
      events.push([input.FunctionName, JSON.parse(input.Payload)]);
      return { ...answer, Payload: { transformToString: () => JSON.stringify(answer.payload) } };
    },
  } as unknown as LambdaClient;
  const place = { stage: 'dev', s3, lambda, bucket: async () => 'failures' } as unknown as StagePlace;
  return { place, events };
}

const partial = { batchItemFailures: [{ itemIdentifier: { partition: `${TOPIC}-1`, offset: 4 } }] };

describe('failed batches', () => {
  test('go to the landing as they came, and then are gone; those of other topics stay', async () => {
    // Prepare
    const objects = new Map([
      ['a', given(TOPIC)],
      ['b', given('other')],
      ['c', 'no invocation record'],
    ]);
    const { place, events } = placeWith(objects, { payload: { batchItemFailures: [] } });

    // Act
    const planned = await redriveFailed(place, manifest, { dryRun: true });
    const held = objects.size;
    const landed = await redriveFailed(place, manifest, { dryRun: false });

    // Assess
    expect([planned, landed]).toEqual([
      { records: 2, batches: 1 },
      { records: 2, batches: 1 },
    ]);
    expect(held).toBe(3);
    expect([...objects.keys()]).toEqual(['b', 'c']);
    const payload = JSON.parse((JSON.parse(given(TOPIC)) as { payload: string }).payload);
    expect(events).toEqual([[`millrace-dev-${manifest.dataset}-land`, payload]]);
  });

  test.each([
    [
      'an error of the function',
      { FunctionError: 'Unhandled', payload: { errorMessage: 'no bucket' } },
      'no bucket',
    ],
    ['a partition that is not written', { payload: partial }, `${TOPIC}-1`],
  ])('stay after %s', async (_what, answer, told) => {
    // Prepare
    const objects = new Map([['a', given(TOPIC)]]);
    const { place } = placeWith(objects, answer);

    // Act
    const act = redriveFailed(place, manifest, { dryRun: false });

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR717', message: expect.stringContaining(told) });
    expect(objects.size).toBe(1);
  });
});
