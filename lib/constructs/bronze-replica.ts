/** What the lake and the copy of bronze in another region know of each other: names that need no look-up. */
import type { Stage } from '../stages.ts';

/** Where a stage copies bronze to. */
export interface BronzeReplica {
  /** Of both sides. */
  readonly account: string;
  /** Of bronze, and of the copy. */
  readonly sourceRegion: string;
  readonly region: string;
  readonly bucketName: string;
  /** Of the key in that region, with `alias/`. */
  readonly keyAlias: string;
}

/** Undefined for a stage that keeps its data in one region. */
export function bronzeReplicaOf(stage: Stage): BronzeReplica | undefined {
  const { account, region: sourceRegion } = stage;
  const region = stage.lake.replicaRegion;
  if (region === null || account === null || sourceRegion === null) return undefined;
  return {
    account,
    sourceRegion,
    region,
    // Names of buckets are the whole world's: account and region make it one's own.
    bucketName: `millrace-${stage.name}-bronze-replica-${account}-${region}`,
    keyAlias: `alias/millrace-${stage.name}-replica`,
  };
}
