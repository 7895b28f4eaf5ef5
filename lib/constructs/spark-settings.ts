/** The name the jobs know the Glue Data Catalog by. */
export const sparkCatalog = 'glue_catalog';

export interface SparkSettingsProps {
  /** URI of the lake, ending in `/`. */
  readonly warehouse: string;
  readonly shufflePartitions: number;
}

/** Spark's settings for Iceberg on the Glue Data Catalog, for the jobs on AWS and on the mirror alike. */
export function sparkSettings(props: SparkSettingsProps): Readonly<Record<string, string>> {
  const catalog = `spark.sql.catalog.${sparkCatalog}`;
  return {
    'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
    [catalog]: 'org.apache.iceberg.spark.SparkCatalog',
    [`${catalog}.catalog-impl`]: 'org.apache.iceberg.aws.glue.GlueCatalog',
    [`${catalog}.io-impl`]: 'org.apache.iceberg.aws.s3.S3FileIO',
    [`${catalog}.warehouse`]: props.warehouse,
    // A cached table is up to 30 s behind the last commit: a MERGE on it would insert what is there already.
    [`${catalog}.cache-enabled`]: 'false',
    // Manifests never change, so their cache is never behind: each batch then reads the newest ones alone.
    [`${catalog}.io.manifest.cache-enabled`]: 'true',
    'spark.sql.session.timeZone': 'UTC',
    // The default of 200 costs a factor of ten on small micro-batches.
    'spark.sql.shuffle.partitions': String(props.shufflePartitions),
  };
}

/** The value of Glue's `--conf` argument: it takes one setting, and further ones chained inside that value. */
export function chainedConf(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join(' --conf ');
}
