import { Duration } from 'aws-cdk-lib';
import type { LifecycleRule } from 'aws-cdk-lib/aws-s3';

/** Objects below a prefix ('': all) are deleted so many days after they were written. */
export interface Expiry {
  readonly prefix: string;
  readonly days: number;
}

/** An upload takes minutes; one that is a week old has lost its writer. */
const brokenUploadDays = 7;

/**
 * What every bucket has: broken uploads go. Where versions are kept, those that are no longer current go after so many
 * days, and then the delete markers that hide nothing any more. Nothing is moved to another storage class: Iceberg, the
 * jobs and Athena read every object as it stands.
 */
export function tidyingRule(versions: { readonly noncurrentDays?: number }): LifecycleRule {
  return {
    id: 'tidy',
    abortIncompleteMultipartUploadAfter: Duration.days(brokenUploadDays),
    ...(versions.noncurrentDays === undefined
      ? {}
      : {
          noncurrentVersionExpiration: Duration.days(versions.noncurrentDays),
          expiredObjectDeleteMarker: true,
        }),
  };
}

/** A rule for each prefix. */
export function expiryRules(expire: readonly Expiry[]): LifecycleRule[] {
  return expire.map(({ prefix, days }) => ({
    id: `expire-${prefix.replaceAll('/', '') || 'all'}`,
    ...(prefix === '' ? {} : { prefix }),
    expiration: Duration.days(days),
  }));
}
