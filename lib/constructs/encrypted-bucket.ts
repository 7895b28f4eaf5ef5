import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import type { AccessLogBucket } from './access-log-bucket.ts';
import { type Expiry, expiryRules, tidyingRule } from './bucket-lifecycle.ts';
import { removalOf, stateful } from './removal.ts';

export interface EncryptedBucketProps {
  readonly stage: Stage;
  readonly key: IKey;
  /** Gets a line for each request to the bucket. */
  readonly accessLogs: AccessLogBucket;
  /** Whether what is deleted or written over stays for the stage's `noncurrentDays`. @default true */
  readonly versioned?: boolean;
  /** @default - objects stay */
  readonly expire?: readonly Expiry[];
  /** @default - a name that CloudFormation makes */
  readonly bucketName?: string;
}

/**
 * A private bucket: SSE-KMS under the stage's key, TLS only, no public access, no ACLs, each request logged. Its id is
 * its logical id.
 */
export class EncryptedBucket extends Bucket {
  constructor(scope: Construct, id: string, props: EncryptedBucketProps) {
    const { stage, accessLogs, versioned = true, expire = [], bucketName } = props;
    super(scope, id, {
      ...(bucketName === undefined ? {} : { bucketName }),
      encryption: BucketEncryption.KMS,
      encryptionKey: props.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned,
      lifecycleRules: [
        tidyingRule(versioned ? { noncurrentDays: stage.lake.noncurrentDays } : {}),
        ...expiryRules(expire),
      ],
      removalPolicy: removalOf(stage),
    });
    const bucket = stateful(this.node.defaultChild as CfnBucket, id, stage);
    bucket.loggingConfiguration = accessLogs.logsOf(this.bucketArn, id);
  }
}
