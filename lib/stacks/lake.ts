import { ArnFormat, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type CfnKey, Key } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { EncryptedBucket } from '../constructs/encrypted-bucket.ts';
import { LakeTables } from '../constructs/lake-tables.ts';
import { type LakeBuckets, prefixesOf } from '../constructs/locations.ts';
import { removalOf, stateful } from '../constructs/removal.ts';
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
  readonly key: Key;
  readonly buckets: LakeBuckets;
  /** Name of the Glue database. */
  readonly database: string;

  constructor(scope: Construct, id: string, props: LakeStackProps) {
    super(scope, id, props);
    const { stage, manifests, releases } = props;

    this.key = new Key(this, 'Key', {
      description: `Data of the lake of stage ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy: removalOf(stage),
    });
    stateful(this.key.node.defaultChild as CfnKey, 'Key', stage);
    for (const statement of this.serviceStatements(stage)) this.key.addToResourcePolicy(statement);

    const bucket = (name: string, expire: { prefix: string; days: number }[] = []) =>
      new EncryptedBucket(this, name, { stage, key: this.key, expire }) as IBucket;
    // Iceberg deletes its own files; a rule on those buckets would break tables.
    this.buckets = {
      bronze: bucket(
        'Bronze',
        manifests.map((manifest) => ({ prefix: prefixesOf(manifest).bronze, days: manifest.archiveDays })),
      ),
      lake: bucket('Lake'),
      quarantine: bucket('Quarantine'),
      state: bucket('State'),
      results: bucket('Results', [{ prefix: '', days: stage.athena.resultsExpireDays }]),
      failures: bucket('Failures'),
    };

    const tables = new LakeTables(this, 'Tables', { stage, buckets: this.buckets, manifests, releases });
    this.database = tables.database;

    new CfnOutput(this, 'DatabaseName', { value: this.database });
    for (const [name, { bucketName }] of Object.entries(this.buckets))
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
    ];
  }
}
