import { describe, expect, test } from 'vitest';
import { chainedConf, sparkSettings } from '../../lib/constructs/spark-settings.ts';

describe('Spark settings', () => {
  test('chain inside one argument, as Glue reads them', () => {
    // Prepare
    const settings = { 'a.b': '1', 'c.d': 'x', 'e.f': 's3://bucket/' };

    // Act
    const conf = chainedConf(settings);

    // Assess
    expect(conf).toBe('a.b=1 --conf c.d=x --conf e.f=s3://bucket/');
  });

  test('name the warehouse and the partitions they were given', () => {
    // Prepare
    const props = { warehouse: 's3://lake/', shufflePartitions: 7 };

    // Act
    const settings = sparkSettings(props);

    // Assess
    expect(settings['spark.sql.catalog.glue_catalog.warehouse']).toBe('s3://lake/');
    expect(settings['spark.sql.shuffle.partitions']).toBe('7');
  });
});
