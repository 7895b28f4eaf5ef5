import { ArnFormat, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { AccessLogBucket } from '../constructs/access-log-bucket.ts';
import { bronzeReplicaOf } from '../constructs/bronze-replica.ts';
import { replicateBronze } from '../constructs/bronze-replication.ts';
import type { Expiry } from '../constructs/bucket-lifecycle.ts';
import { EncryptedBucket } from '../constructs/encrypted-bucket.ts';
import { LakeTables } from '../constructs/lake-tables.ts';
import { bronzeExpiry, type LakeBuckets } from '../constructs/locations.ts';
import { alarmTopicName, StageKey } from '../constructs/stage-key.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Releases } from '../contract/release.ts';
import type { Stage } from '../stages.ts';

export interface LakeStackProps extends StackProps {
  readonly stage: Stage;
  readonly manifests: readonly Manifest[];
  /** What is deployed of the datasets, by name. */
  readonly releases?: Releases | undefined;
}

/** The key, the buckets, the Glue database and every table of every dataset. */
export class LakeStack extends Stack {
  readonly key: IKey;
  readonly buckets: LakeBuckets;
  /** Name of the Glue database. */
  readonly database: string;

  constructor(scope: Construct, id: string, props: LakeStackProps) {
    super(scope, id, props);
    const { stage, manifests, releases } = props;

    const key = new StageKey(this, 'Key', {
      stage,
      description: `Data of the lake of stage ${stage.name}`,
      alias: `alias/millrace-${stage.name}`,
    });
    for (const statement of this.serviceStatements(stage)) key.addToResourcePolicy(statement);
    this.key = key as IKey;

    const accessLogs = new AccessLogBucket(this, 'AccessLogs', stage);
    const bucket = (name: string, more: { expire?: readonly Expiry[]; versioned?: boolean } = {}) =>
      new EncryptedBucket(this, name, { stage, key, accessLogs, ...more }) as IBucket;
    // Iceberg deletes its own files, and the jobs theirs: a rule that deletes what is current would break them.
    this.buckets = {
      bronze: bucket('Bronze', { expire: bronzeExpiry(manifests) }),
      lake: bucket('Lake'),
      quarantine: bucket('Quarantine'),
      state: bucket('State'),
      // What is lost here is had again by its query.
      results: bucket('Results', {
        expire: [{ prefix: '', days: stage.athena.resultsExpireDays }],
        versioned: false,
      }),
      failures: bucket('Failures'),
    };
    const replica = bronzeReplicaOf(stage);
    if (replica !== undefined) replicateBronze(this, { bronze: this.buckets.bronze, key, replica });

    const tables = new LakeTables(this, 'Tables', { stage, buckets: this.buckets, manifests, releases });
    this.database = tables.database;

    new CfnOutput(this, 'DatabaseName', { value: this.database });
    for (const [name, { bucketName }] of Object.entries({ ...this.buckets, accessLogs }))
      new CfnOutput(this, `${name.charAt(0).toUpperCase()}${name.slice(1)}BucketName`, { value: bucketName });
  }

  /** Services that encrypt with the key on nobody's behalf: logs of this stage, and those that tell its alarm topic. */
  private serviceStatements(stage: Stage): PolicyStatement[] {
    const use = ['kms:Decrypt', 'kms:GenerateDataKey*'];
    const logs = (prefix: string) =>
      this.formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: `${prefix}/${stage.name}/*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    return [
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${this.region}.amazonaws.com`)],
        actions: [...use, 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': [logs('/millrace'), logs('/aws/vendedlogs/millrace')],
          },
        },
      }),
      new PolicyStatement({
        principals: [
          new ServicePrincipal('cloudwatch.amazonaws.com'),
          new ServicePrincipal('budgets.amazonaws.com'),
        ],
        actions: use,
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
      // SNS passes on no source account or ARN of EventBridge: with such a condition nothing would ever be told. The
      // context, which SNS gives, holds it to the topic.
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: use,
        resources: ['*'],
        conditions: {
          StringEquals: {
            'kms:EncryptionContext:aws:sns:topicArn': this.formatArn({
              service: 'sns',
              resource: alarmTopicName(stage),
            }),
          },
        },
      }),
    ];
  }
}
