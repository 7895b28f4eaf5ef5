import { describe, expect, it } from 'vitest';
import { readResponse } from '../../../localstack/lambda/response.ts';

const records = ['t-0', 't-1'].flatMap((partition) =>
  [3, 4, 7].map((offset) => ({ partition, offset, timestamp: 0 })),
);
const failures = (...identifiers: unknown[]): unknown => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

describe('readResponse', () => {
  it.each([[null], [undefined], [{}], ['done'], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
    'takes %j for success',
    (response) => {
      // Prepare, Act
      const outcome = readResponse(response, records);

      // Assess
      expect(outcome).toBe('success');
    },
  );

  it('gives the lowest failed offset of each partition', () => {
    // Prepare
    const response = failures(
      { partition: 't-0', offset: 7 },
      { partition: 't-1', offset: 4 },
      { partition: 't-0', offset: 4 },
    );

    // Act
    const outcome = readResponse(response, records);

    // Assess
    expect(outcome).toEqual(
      new Map([
        ['t-0', 4],
        ['t-1', 4],
      ]),
    );
  });

  it.each([
    [{ batchItemFailures: 'all' }],
    [{ batchItemFailures: [null] }],
    [failures(null)],
    [failures('7')],
    [failures({ partition: 't-0' })],
    [failures({ partition: 't-0', offset: '3' })],
    [failures({ partition: 't-9', offset: 3 })],
    [failures({ partition: 't-0', offset: 5 })],
    [failures({ partition: 't-0', offset: 3 }, { topic: 't', offset: 3 })],
  ])('takes %j for a failure of the whole batch', (response) => {
    // Prepare, Act
    const outcome = readResponse(response, records);

    // Assess
    expect(outcome).toBe('error');
  });
});
