import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { publicationsOf, publishedSchemaOf, publishedSchemasOf } from '../../lib/contract/publication.ts';
import { publishedTopicSettingsOf } from '../../lib/contract/topic-settings.ts';
import { publishing } from '../datasets/publishing.ts';
import { small } from '../datasets/small.ts';

describe('a publication', () => {
  it('has the partitions and the retention of the events, unless it says others', () => {
    // Act
    const found = publicationsOf(publishing);

    // Assess
    const shared = { key: 'id', maxMessageBytes: 67_536 };
    expect(found).toEqual([
      { topic: 'ware-rows', partitions: 1, retentionHours: 1, ...shared },
      { topic: 'ware-minutes', partitions: 3, retentionHours: 2, ...shared },
    ]);
    expect(publishing.publish).toEqual(found[0]);
    expect(publishing.windows[0]?.publish).toEqual(found[1]);
  });

  it('is none by itself', () => {
    // Prepare
    const { manifest } = small('quiet', 'quiet-events', 'quiet');

    // Act, Assess
    expect(manifest.publish).toBeNull();
    expect(publishedTopicSettingsOf(manifest)).toEqual([]);
  });
});

describe('the schemas of what a dataset publishes', () => {
  it('stand by topic, each with the columns of its table', () => {
    // Act
    const schemas = publishedSchemasOf(publishing);

    // Assess
    expect(schemas).toEqual({
      'ware-rows': publishedSchemaOf(publishing.columns.silver),
      'ware-minutes': publishedSchemaOf(publishing.windows[0]?.columns ?? []),
    });
    expect(publishedSchemasOf(small('quiet', 'quiet-events', 'quiet').manifest)).toEqual({});
  });
});

describe('the schema of a published message', () => {
  const validate = new Ajv().compile(publishedSchemaOf(publishing.windows[0]?.columns ?? []));
  const message = {
    window_start: '2026-03-02T10:00:00.000Z',
    window_end: '2026-03-02T10:01:00.000Z',
    id: 'a',
    events: 2,
    late_rows: 0,
    final: false,
    processing_time: '2026-03-02T10:02:00.123Z',
  };

  it.each([
    ['a row', message, true],
    ['a null', { ...message, events: null }, true],
    ['a column too few', { ...message, events: undefined }, false],
    ['a number as text', { ...message, events: '2' }, false],
    ['a time of another form', { ...message, window_end: '2026-03-02T10:01:00Z' }, false],
  ])('takes or refuses %s', (_what, value, expected) => {
    // Act
    const taken = validate(JSON.parse(JSON.stringify(value)));

    // Assess
    expect(taken).toBe(expected);
  });

  it('leaves binary columns out', () => {
    // Prepare
    const sketch = { name: 'sketch', type: 'binary', comment: 'A sketch' } as const;

    // Act, Assess
    expect(publishedSchemaOf([sketch])).toMatchObject({ properties: {}, required: [] });
  });
});
