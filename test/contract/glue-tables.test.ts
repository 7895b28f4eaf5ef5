import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { dataset, manifestOf } from '../../lib/contract/dataset.ts';
import { glueTablesOf } from '../../lib/contract/glue-tables.ts';
import { nextRelease } from '../../lib/contract/release.ts';
import { topicSettingsOf } from '../../lib/contract/topic-settings.ts';
import { dataset as iot } from '../../lib/datasets/iot.ts';
import { parcelShape, parcels, parcelsSql } from './parcels.ts';
import { stays } from './stays.ts';

const places = {
  catalogId: '111122223333',
  database: 'millrace_test',
  bronzeRoot: 's3://bronze/',
  quarantineRoot: 's3://quarantine/',
  lakeRoot: 's3://lake/',
};
const tables = glueTablesOf(manifestOf(iot), places);

/** The resource as CloudFormation gets it. */
function templateOf(props: ConstructorParameters<typeof CfnTable>[2]): Record<string, unknown> {
  const stack = new Stack(new App(), 'Test');
  new CfnTable(stack, 'Table', props);
  const [resource] = Object.values(Template.fromStack(stack).findResources('AWS::Glue::Table'));
  return (resource as { Properties: Record<string, unknown> }).Properties;
}

describe('the tables of a dataset', () => {
  it('have dates, lie in days of one, and show what the archive keeps', () => {
    // Act
    const made = glueTablesOf(manifestOf(dataset(stays, parcelsSql)), places);

    // Assess
    const bronze = templateOf(made.bronze) as {
      TableInput: {
        Parameters: Record<string, string>;
        StorageDescriptor: { Columns: { Name: string; Type: string }[] };
      };
    };
    expect(bronze.TableInput.Parameters['projection.date.range']).toBe('NOW-31DAYS,NOW+1DAYS');
    expect(bronze.TableInput.StorageDescriptor.Columns).toContainEqual(
      expect.objectContaining({ Name: 'night', Type: 'date' }),
    );
    const silver = JSON.stringify(templateOf(made.silver));
    expect(silver).toContain('{"FieldId":1000,"Name":"night_day","SourceId":2,"Transform":"day"}');
    expect(silver).toContain('"Id":2,"Name":"night","Required":false,"Type":"date"}');
  });

  it('have bronze by date and hour of the Kafka timestamp, its partitions projected', () => {
    // Act
    const properties = templateOf(tables.bronze);

    // Assess
    expect(properties).toMatchObject({
      DatabaseName: 'millrace_test',
      TableInput: {
        Name: 'iot_events_raw',
        TableType: 'EXTERNAL_TABLE',
        PartitionKeys: [
          { Name: 'date', Type: 'string' },
          { Name: 'hour', Type: 'int' },
        ],
        Parameters: {
          'projection.enabled': 'true',
          'projection.date.type': 'date',
          'projection.date.range': 'NOW-401DAYS,NOW+1DAYS',
          'projection.hour.type': 'integer',
          'projection.hour.digits': '2',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are Athena's
          'storage.location.template': 's3://bronze/iot/date=${date}/hour=${hour}/',
        },
        StorageDescriptor: { Location: 's3://bronze/iot/' },
      },
    });
    const columns = (
      properties as { TableInput: { StorageDescriptor: { Columns: { Name: string; Type: string }[] } } }
    ).TableInput.StorageDescriptor.Columns;
    expect(columns.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
      'kafka_topic string',
      'kafka_partition int',
      'kafka_offset bigint',
      'kafka_timestamp timestamp',
      'kafka_key binary',
      'kafka_value binary',
      'kafka_headers string',
      'verdict string',
      'verdict_path string',
      'verdict_detail string',
      'event_id string',
      'device_id string',
      'device_type string',
      'timestamp timestamp',
      'event_duration double',
      'value double',
      'status string',
      'metadata_location string',
      'metadata_firmware string',
    ]);
  });

  it('have silver as an Iceberg table, all of it under IcebergTableInput', () => {
    // Act
    const properties = templateOf(tables.silver);

    // Assess
    expect(properties).not.toHaveProperty('TableInput');
    expect(properties).toMatchObject({
      Name: 'iot_events',
      OpenTableFormatInput: {
        IcebergInput: {
          MetadataOperation: 'CREATE',
          Version: '2',
          IcebergTableInput: {
            Location: 's3://lake/silver/iot_events',
            PartitionSpec: {
              Fields: [{ FieldId: 1000, Name: 'timestamp_day', SourceId: 4, Transform: 'day' }],
            },
            WriteOrder: {
              OrderId: 1,
              Fields: [
                { SourceId: 3, Transform: 'identity', Direction: 'asc', NullOrder: 'nulls-first' },
                { SourceId: 4 },
              ],
            },
            Properties: {
              'format-version': '2',
              'write.parquet.compression-codec': 'zstd',
              'write.merge.mode': 'copy-on-write',
              'write.distribution-mode': 'none',
            },
          },
        },
      },
    });
  });

  it('number the columns of an Iceberg table in their order, all nullable', () => {
    // Act
    const fields = icebergFields(tables.silver);

    // Assess
    expect(fields.map(({ id, name, type, required }) => `${id} ${name} ${type} ${required}`)).toEqual([
      '1 event_id string false',
      '2 device_id string false',
      '3 device_type string false',
      '4 timestamp timestamptz false',
      '5 event_duration double false',
      '6 value double false',
      '7 status string false',
      '8 metadata_location string false',
      '9 metadata_firmware string false',
      '10 is_critical boolean false',
      '11 duration_category string false',
      '12 quality_findings string false',
      '13 kafka_partition int false',
      '14 kafka_offset long false',
      '15 kafka_timestamp timestamptz false',
      '16 late boolean false',
      '17 processing_time timestamptz false',
    ]);
  });

  it('keep the ids and places of released columns; a new one comes last with the next id', () => {
    // Prepare
    const released = nextRelease(manifestOf(dataset(parcels, parcelsSql)), undefined);
    const colour = z.string().nullish().meta({ description: 'Colour' });
    const event = z.object({ colour, ...parcelShape });
    const manifest = manifestOf(dataset({ ...parcels, event }, parcelsSql));

    // Act
    const before = icebergFields(
      glueTablesOf(manifestOf(dataset(parcels, parcelsSql)), places, released).silver,
    );
    const after = glueTablesOf(manifest, places, released).silver;
    const fields = icebergFields(after);

    // Assess
    expect(fields.slice(0, -1)).toEqual(before);
    expect(fields.at(-1)).toMatchObject({ id: before.length + 1, name: 'colour' });
    expect(JSON.stringify(after)).toContain('"sourceId":3,"transform":"hour"');
  });

  it('have no partitions where a model is computed whole, nor where they are for reference', () => {
    // Prepare
    const gold = (parcels.gold ?? []).map(({ partitionColumn: _, ...whole }) => whole);
    const made = glueTablesOf(manifestOf(dataset({ ...parcels, gold }, parcelsSql)), places);

    // Act
    const whole = templateOf(made.gold.parcels_daily ?? made.silver);
    const reference = templateOf(made.gold.parcels_depots ?? made.silver);

    // Assess
    for (const [table, sorted] of [
      [whole, [{ SourceId: 1 }, { SourceId: 2 }]],
      [reference, [{ SourceId: 1 }]],
    ] as const) {
      expect(JSON.stringify(table)).not.toContain('PartitionSpec');
      expect(table).toMatchObject({
        OpenTableFormatInput: { IcebergInput: { IcebergTableInput: { WriteOrder: { Fields: sorted } } } },
      });
    }
    expect(JSON.stringify(reference)).toContain('s3://lake/gold/parcels_depots');
  });

  it('have rejected by day of the Kafka timestamp, and gold by its partition column', () => {
    // Act
    const rejected = templateOf(tables.rejected);
    const gold = templateOf(tables.gold.iot_p95_daily ?? tables.silver);

    // Assess
    expect(rejected).toMatchObject({
      Name: 'iot_rejected',
      OpenTableFormatInput: {
        IcebergInput: {
          IcebergTableInput: {
            Location: 's3://lake/rejected/iot_rejected',
            PartitionSpec: { Fields: [{ Name: 'kafka_timestamp_day', SourceId: 4, Transform: 'day' }] },
            WriteOrder: { Fields: [{ SourceId: 4 }] },
          },
        },
      },
    });
    expect(gold).toMatchObject({
      Name: 'iot_p95_daily',
      OpenTableFormatInput: {
        IcebergInput: {
          IcebergTableInput: {
            Location: 's3://lake/gold/iot_p95_daily',
            PartitionSpec: { Fields: [{ Name: 'date', SourceId: 2, Transform: 'identity' }] },
          },
        },
      },
    });
  });

  it('partition by hours where the declared rate is high, and sort by derived columns too', () => {
    // Act
    const properties = templateOf(glueTablesOf(manifestOf(dataset(parcels, parcelsSql)), places).silver);

    // Assess
    expect(properties).toMatchObject({
      OpenTableFormatInput: {
        IcebergInput: {
          IcebergTableInput: {
            PartitionSpec: { Fields: [{ Name: 'scanned_at_hour', SourceId: 3, Transform: 'hour' }] },
            WriteOrder: { Fields: [{ SourceId: 2 }, { SourceId: 13 }, { SourceId: 3 }] },
          },
        },
      },
    });
  });

  it.each(['bronzeDistinct', 'quarantine'] as const)('have the view %s as Athena keeps views', (name) => {
    // Act
    const properties = templateOf(tables[name]) as { TableInput: Record<string, unknown> };

    // Assess
    expect(properties.TableInput).toMatchObject({
      TableType: 'VIRTUAL_VIEW',
      Parameters: { presto_view: 'true', comment: 'Presto View' },
    });
    const encoded =
      /^\/\* Presto View: (\S+) \*\/$/.exec(String(properties.TableInput.ViewOriginalText))?.[1] ?? '';
    const definition = JSON.parse(Buffer.from(encoded, 'base64').toString()) as Record<string, unknown>;
    expect(definition).toMatchObject({ catalog: 'awsdatacatalog', schema: 'millrace_test' });
    expect(definition.originalSql).toMatch(/^SELECT "kafka_topic", [\s\S]*WHERE kafka_copy = 1$/);
    expect(definition.columns).toContainEqual({ name: 'kafka_timestamp', type: 'timestamp(3)' });
  });
});

describe('the topic of a dataset', () => {
  it('is timed by the broker and never compacted', () => {
    // Act
    const settings = topicSettingsOf(manifestOf(iot));

    // Assess
    expect(settings).toEqual({
      name: 'iot-events',
      partitions: 3,
      configs: {
        'cleanup.policy': 'delete',
        'retention.ms': '86400000',
        'message.timestamp.type': 'LogAppendTime',
        'max.message.bytes': '2097152',
      },
    });
  });

  it('is kept as long as the stage demands', () => {
    // Act
    const settings = topicSettingsOf(manifestOf(iot), 7 * 24);

    // Assess
    expect(settings.configs['retention.ms']).toBe('604800000');
  });
});

interface IcebergField {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

function icebergFields(props: object): IcebergField[] {
  type Shape = {
    openTableFormatInput: { icebergInput: { icebergTableInput: { schema: { fields: IcebergField[] } } } };
  };
  return (props as Shape).openTableFormatInput.icebergInput.icebergTableInput.schema.fields;
}
