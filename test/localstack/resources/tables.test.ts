import { describe, expect, it } from 'vitest';
import { createTableInput, icebergUpdate } from '../../../localstack/resources/glue-table.ts';
import { topicConfigs } from '../../../localstack/resources/msk-topic.ts';

const iceberg = {
  DatabaseName: 'millrace_dev',
  CatalogId: '1',
  Name: 'events',
  OpenTableFormatInput: {
    IcebergInput: {
      MetadataOperation: 'CREATE',
      Version: '2',
      IcebergTableInput: {
        Location: 's3://lake/silver/events/',
        Schema: { Type: 'struct', Fields: [{ Id: 1, Name: 'id', Type: 'string', Required: false }] },
        WriteOrder: {
          OrderId: 1,
          Fields: [{ SourceId: 1, Transform: 'identity', Direction: 'asc', NullOrder: 'nulls-last' }],
        },
        Properties: { 'format-version': '2' },
      },
    },
  },
};

describe('tables', () => {
  it('turns the description of an Iceberg table into the call of the API', () => {
    // Act
    const input = createTableInput(iceberg, 'Table');

    // Assess
    expect(input).toEqual({
      DatabaseName: 'millrace_dev',
      Name: 'events',
      TableInput: { Name: 'events' },
      OpenTableFormatInput: {
        IcebergInput: {
          MetadataOperation: 'CREATE',
          Version: '2',
          CreateIcebergTableInput: iceberg.OpenTableFormatInput.IcebergInput.IcebergTableInput,
        },
      },
    });
  });

  it('names the sort order as an update does', () => {
    // Act
    const update = icebergUpdate(iceberg);

    // Assess
    expect(update).toMatchObject({ Location: 's3://lake/silver/events/', SortOrder: { OrderId: 1 } });
    expect(update).not.toHaveProperty('WriteOrder');
  });

  it('leaves an external table as it is', () => {
    // Prepare
    const external = {
      DatabaseName: 'd',
      TableInput: { Name: 't', TableType: 'EXTERNAL_TABLE', StorageDescriptor: { Columns: [] } },
    };

    // Act
    const input = createTableInput(external, 'Table');

    // Assess
    expect(input).toEqual({ DatabaseName: 'd', Name: 't', TableInput: external.TableInput });
    expect(icebergUpdate(external)).toBeUndefined();
  });
});

describe('topicConfigs', () => {
  const encoded = (text: string): string => Buffer.from(text).toString('base64');

  it.each([
    ['JSON', '{"retention.ms": 86400000, "cleanup.policy": "delete"}'],
    ['lines', '# kept a day\nretention.ms=86400000\ncleanup.policy = delete\n'],
  ])('reads %s', (_name, text) => {
    // Act
    const configs = topicConfigs(encoded(text), 'Topic');

    // Assess
    expect(configs).toEqual({ 'retention.ms': '86400000', 'cleanup.policy': 'delete' });
  });

  it.each(['{"a": ', 'no equals sign'])('refuses %s', (text) => {
    // Act
    const act = () => topicConfigs(encoded(text), 'Topic');

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR405', where: 'Topic' }));
  });
});
