import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { removalOf, stateful } from './removal.ts';

export interface EncryptedBucketProps {
  readonly stage: Stage;
  readonly key: IKey;
  /** @default - objects stay */
  readonly expire?: readonly { readonly prefix: string; readonly days: number }[];
}

/** A private bucket: SSE-KMS under the stage's key, TLS only, no public access. Its id is its logical id. */
export class EncryptedBucket extends Bucket {
  constructor(scope: Construct, id: string, props: EncryptedBucketProps) {
    const expire: LifecycleRule[] = (props.expire ?? []).map(({ prefix, days }) => ({
      id: `expire-${prefix.replaceAll('/', '') || 'all'}`,
      ...(prefix === '' ? {} : { prefix }),
      expiration: Duration.days(days),
      abortIncompleteMultipartUploadAfter: Duration.days(7),
    }));
    super(scope, id, {
      encryption: BucketEncryption.KMS,
      encryptionKey: props.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: expire,
      removalPolicy: removalOf(props.stage),
    });
    stateful(this.node.defaultChild as CfnBucket, id, props.stage);
  }
}
