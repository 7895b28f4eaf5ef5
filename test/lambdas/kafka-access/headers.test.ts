import { expect, test } from 'vitest';
import { kafkaHeaders } from '../../../lambdas/kafka-access/headers.ts';
import { request } from '../../../lambdas/kafka-access/request.ts';

test('headers of one name stay together, in their order; those without a value become empty', () => {
  // Prepare
  const pairs: [string, Buffer | null][] = [
    ['b', Buffer.from([1])],
    ['__proto__', Buffer.from([2])],
    ['b', null],
  ];

  // Act
  const headers = kafkaHeaders(pairs);

  // Assess
  expect(Object.entries(headers)).toEqual([
    ['b', [Buffer.from([1]), Buffer.alloc(0)]],
    ['__proto__', [Buffer.from([2])]],
  ]);
});

test.each([
  [{ key: null, value: 'AQ==' }, true],
  [
    {
      key: null,
      value: 'AQ==',
      headers: [
        ['a', 'AQ=='],
        ['a', null],
      ],
    },
    true,
  ],
  [{ key: null, value: 'AQ==', headers: [['a']] }, false],
  [{ key: null, value: 'AQ==', headers: { a: 'AQ==' } }, false],
])('a record to append: %j', (record, sound) => {
  // Act
  const read = request.safeParse({
    ask: 'append',
    topic: 't',
    batches: [{ partition: 0, records: [record] }],
  });

  // Assess
  expect(read.success).toBe(sound);
});
