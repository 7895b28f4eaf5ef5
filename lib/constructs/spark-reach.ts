import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Manifest } from '../contract/manifest.ts';
import { prefixesOf } from './locations.ts';
import type { JobKind } from './spark-assets.ts';
import type { SparkRoleProps } from './spark-role.ts';

/** What one kind of job may touch. */
export type Reach = Pick<SparkRoleProps, 'reads' | 'writes' | 'lakeReads' | 'lakeWrites' | 'stateWrites'>;

/** Of a dataset's tables and prefixes. */
export function reachesOf(manifest: Manifest): Readonly<Record<JobKind, Reach>> {
  const { tables } = manifest;
  const prefixes = prefixesOf(manifest);
  const goldPrefixes = (names: readonly string[]) => names.flatMap((name) => prefixes.gold[name] ?? []);
  const windows = manifest.windows.map(({ name }) => name);
  const computed = [
    ...[...manifest.gold, ...manifest.approximations].map(({ name }) => name),
    ...manifest.references.map(({ table }) => table),
  ];
  // Windows follow silver in the same batch, and when the sweep takes rows from it.
  const inserted = {
    writes: [tables.silver, tables.rejected, ...windows],
    lakeWrites: [prefixes.silver, prefixes.rejected, ...goldPrefixes(windows)],
  };
  return {
    silver: { reads: [], lakeReads: [], ...inserted, stateWrites: [prefixes.checkpoint, prefixes.progress] },
    gold: {
      reads: [tables.silver, ...windows],
      lakeReads: [prefixes.silver, ...goldPrefixes(windows)],
      writes: computed,
      lakeWrites: [...goldPrefixes(computed), prefixes.exports],
      stateWrites: [prefixes.progress],
    },
    sweep: { reads: [], lakeReads: [], ...inserted, stateWrites: [prefixes.progress] },
    rebuild: { reads: [], lakeReads: [], ...inserted, stateWrites: [prefixes.progress] },
    maintain: {
      reads: [],
      lakeReads: [],
      writes: [tables.silver, tables.rejected, ...Object.keys(prefixes.gold)],
      lakeWrites: [prefixes.silver, prefixes.rejected, ...Object.values(prefixes.gold)],
      stateWrites: [prefixes.progress],
    },
  };
}

/** Of external tables, whose overlapping objects are rewritten. */
export function landedStatements(places: readonly (readonly [IBucket, string])[]): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: places.map(([bucket, prefix]) => bucket.arnForObjects(`${prefix}*`)),
    }),
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: places.map(([bucket]) => bucket.bucketArn),
    }),
  ];
}

/** Of an external table that is only read. */
export function readStatements(bucket: IBucket, prefix: string): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(`${prefix}*`)] }),
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
  ];
}
