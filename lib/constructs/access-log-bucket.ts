import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { expiryRules, tidyingRule } from './bucket-lifecycle.ts';
import { removalOf, stateful } from './removal.ts';

/**
 * Where S3 writes down each request to the other buckets of its region. Encrypted by S3's own key: S3 delivers its logs
 * to no bucket under a key of the account. It is not versioned and has no log of its own: nothing reads or writes it but
 * S3, and whoever looks something up.
 */
export class AccessLogBucket extends Bucket {
  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id, {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // Without ACLs, so S3 delivers by the bucket's policy.
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [tidyingRule({}), ...expiryRules([{ prefix: '', days: stage.logRetentionDays }])],
      removalPolicy: removalOf(stage),
    });
    stateful(this.node.defaultChild as CfnBucket, id, stage);
  }

  /** Lets S3 deliver the log of a bucket below its id. @returns what the bucket itself must say of it */
  logsOf(bucketArn: string, id: string): CfnBucket.LoggingConfigurationProperty {
    const logFilePrefix = `${id}/`;
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.arnForObjects(`${logFilePrefix}*`)],
        conditions: {
          ArnLike: { 'aws:SourceArn': bucketArn },
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        },
      }),
    );
    return {
      destinationBucketName: this.bucketName,
      logFilePrefix,
      // By date, so that a day can be looked through without listing them all.
      targetObjectKeyFormat: { partitionedPrefix: { partitionDateSource: 'EventTime' } },
    };
  }
}
