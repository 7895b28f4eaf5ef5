import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { goldTables } from '../contract/gold-layer.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Expiry } from './bucket-lifecycle.ts';

/** The stage's buckets, by what they hold. */
export interface LakeBuckets {
  /** External Parquet of every Kafka record. */
  readonly bronze: IBucket;
  /** Iceberg tables: silver, rejected and gold. */
  readonly lake: IBucket;
  /** External Parquet of what the landing judged not valid. */
  readonly quarantine: IBucket;
  /** Checkpoints and progress of the jobs. */
  readonly state: IBucket;
  /** Athena's query results. */
  readonly results: IBucket;
  /** Batches that the landing could not take. */
  readonly failures: IBucket;
}

/** Prefixes inside the buckets, each with a `/` at its end. Tables, functions, jobs and roles all take them from here. */
export interface DatasetPrefixes {
  readonly bronze: string;
  readonly quarantine: string;
  readonly silver: string;
  readonly rejected: string;
  /** By table name: windows, models, approximations, references. */
  readonly gold: Readonly<Record<string, string>>;
  /** Files for those who read no tables. */
  readonly exports: string;
  readonly checkpoint: string;
  readonly progress: string;
  /** What polls of sources remember. */
  readonly sources: string;
}

/** Where a dataset's data lies. */
export function prefixesOf(manifest: Manifest): DatasetPrefixes {
  const { dataset, tables } = manifest;
  return {
    bronze: `${dataset}/`,
    quarantine: `${dataset}/`,
    silver: `silver/${tables.silver}/`,
    rejected: `rejected/${tables.rejected}/`,
    gold: Object.fromEntries(goldTables(manifest).map(({ name }) => [name, `gold/${name}/`])),
    exports: `exports/${dataset}/`,
    checkpoint: `checkpoints/${dataset}/silver/`,
    progress: `progress/${dataset}/`,
    sources: `sources/${dataset}/`,
  };
}

/** How long bronze keeps each dataset's records, as its contract says. */
export function bronzeExpiry(manifests: readonly Manifest[]): Expiry[] {
  return manifests.map((manifest) => ({ prefix: prefixesOf(manifest).bronze, days: manifest.archiveDays }));
}
