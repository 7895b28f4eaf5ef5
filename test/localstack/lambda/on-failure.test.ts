import { describe, expect, it } from 'vitest';
import { invocationRecord, invocationRecordKey } from '../../../localstack/lambda/on-failure.ts';
import { encodeEvent, encodeRecord } from '../../../localstack/lambda/record.ts';
import { message, source } from './polled.ts';

const now = Date.UTC(2026, 2, 1, 10, 59, 59, 123);

describe('invocationRecord', () => {
  it('holds the metadata, and the whole event as a JSON string', () => {
    // Prepare
    const records = [
      encodeRecord('events', 0, message(4)),
      encodeRecord('events', 0, message(9, { timestamp: '1700000001000' })),
      encodeRecord('events', 1, message(2)),
    ];

    // Act
    const text = invocationRecord(
      source,
      { records, condition: 'RetryAttemptsExhausted', invocations: 3, functionArn: 'arn:f' },
      now,
    );

    // Assess
    const event = encodeEvent(source, records);
    expect(JSON.parse(text)).toEqual({
      requestContext: {
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        functionArn: 'arn:f',
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: '2026-03-01T10:59:59.123Z',
      KafkaBatchInfo: {
        batchSize: 3,
        ...source,
        payloadSize: event.length,
        recordsInfo: {
          'events-0': {
            firstRecordOffset: '4',
            lastRecordOffset: '9',
            firstRecordTimestamp: '2023-11-14T22:13:20.123Z',
            lastRecordTimestamp: '2023-11-14T22:13:21.000Z',
          },
          'events-1': {
            firstRecordOffset: '2',
            lastRecordOffset: '2',
            firstRecordTimestamp: '2023-11-14T22:13:20.123Z',
            lastRecordTimestamp: '2023-11-14T22:13:20.123Z',
          },
        },
      },
      payload: event.toString(),
    });
  });

  it('has no response where the function was never invoked', () => {
    // Prepare
    const records = [encodeRecord('events', 0, message(4))];

    // Act
    const text = invocationRecord(
      source,
      { records, condition: 'RecordAgeExceeded', invocations: 0, functionArn: '' },
      now,
    );

    // Assess
    expect(JSON.parse(text)).toMatchObject({
      responseContext: null,
      requestContext: { approximateInvokeCount: 0 },
    });
  });
});

describe('invocationRecordKey', () => {
  it('is found by mapping, partition and day', () => {
    // Prepare, Act
    const key = invocationRecordKey('mapping', 'events-0', now);

    // Assess
    expect(key).toMatch(
      /^aws\/lambda\/mapping\/events-0\/2026\/03\/01\/2026-03-01T10\.59\.59-[0-9a-f-]{36}$/,
    );
  });
});
