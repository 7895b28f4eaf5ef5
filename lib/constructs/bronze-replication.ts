import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import type { BronzeReplica } from './bronze-replica.ts';

const ruleId = 'bronze';

export interface BronzeReplicationProps {
  readonly bronze: IBucket;
  /** Of the lake: bronze is encrypted with it. */
  readonly key: IKey;
  readonly replica: BronzeReplica;
}

/** Has S3 copy every new object of bronze to the other region, encrypted there with the key of that region. */
export function replicateBronze(scope: Construct, { bronze, key, replica }: BronzeReplicationProps): void {
  const role = new ReplicationRole(scope, 'ReplicationRole', { key, replica });
  const bucket = bronze.node.defaultChild as CfnBucket;
  bucket.replicationConfiguration = {
    role: role.roleArn,
    rules: [
      {
        id: ruleId,
        status: 'Enabled',
        priority: 0,
        filter: { prefix: '' },
        // A deletion stays on its side: what is deleted here by mistake, or by who should not, is to be had from the
        // copy. The copy expires by its own rules, which are the same.
        deleteMarkerReplication: { status: 'Disabled' },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        destination: {
          bucket: Stack.of(scope).formatArn({
            service: 's3',
            region: '',
            account: '',
            resource: replica.bucketName,
          }),
          encryptionConfiguration: { replicaKmsKeyId: aliasArn(scope, replica) },
          // How far the copy is behind. The guarantee of 15 minutes (S3 RTC) costs by the gigabyte; this does not.
          metrics: { status: 'Enabled' },
        },
      },
    ],
  };
}

function aliasArn(scope: Construct, { account, region, keyAlias }: BronzeReplica): string {
  return Stack.of(scope).formatArn({
    service: 'kms',
    region,
    account,
    resource: keyAlias,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
}

/** What S3 copies as. It cannot delete, nor write anything but copies. */
class ReplicationRole extends Role {
  constructor(scope: Construct, id: string, props: { readonly key: IKey; readonly replica: BronzeReplica }) {
    const stack = Stack.of(scope);
    const { key, replica } = props;
    const bucketArn = (name: string) =>
      stack.formatArn({ service: 's3', region: '', account: '', resource: name });
    // By the name that CloudFormation makes of the stack's and the bucket's: bronze names this role, so the role
    // cannot name bronze.
    const bronze = bucketArn(`${stack.stackName}-bronze-*`);
    const copy = bucketArn(replica.bucketName);
    const account = { 'aws:ResourceAccount': replica.account };
    super(scope, id, {
      description: `Copies bronze to ${replica.region}`,
      assumedBy: new ServicePrincipal('s3.amazonaws.com'),
      inlinePolicies: {
        Replication: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'],
              resources: [bronze],
              conditions: { StringEquals: account },
            }),
            new PolicyStatement({
              actions: [
                's3:GetObjectVersionForReplication',
                's3:GetObjectVersionAcl',
                's3:GetObjectVersionTagging',
              ],
              resources: [`${bronze}/*`],
              conditions: { StringEquals: account },
            }),
            new PolicyStatement({
              actions: ['s3:ReplicateObject', 's3:ReplicateTags'],
              resources: [`${copy}/*`],
              conditions: { StringEquals: account },
            }),
            // The key encrypts the whole lake; its context holds the role to bronze. With a bucket key that is the
            // bucket's ARN, without one the object's.
            new PolicyStatement({
              actions: ['kms:Decrypt'],
              resources: [key.keyArn],
              conditions: {
                StringEquals: { 'kms:ViaService': `s3.${replica.sourceRegion}.amazonaws.com` },
                StringLike: { 'kms:EncryptionContext:aws:s3:arn': bronze },
              },
            }),
            // The id of that key is not known in this region: its alias says which one of the account's it is.
            // A bucket key is asked for by GenerateDataKey, an object's by Encrypt.
            new PolicyStatement({
              actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
              resources: [
                stack.formatArn({
                  service: 'kms',
                  region: replica.region,
                  account: replica.account,
                  resource: 'key',
                  resourceName: '*',
                }),
              ],
              conditions: {
                StringEquals: { 'kms:ViaService': `s3.${replica.region}.amazonaws.com` },
                'ForAnyValue:StringEquals': { 'kms:ResourceAliases': replica.keyAlias },
              },
            }),
          ],
        }),
      },
    });
  }
}

export interface ReplicationAlarmProps {
  readonly stage: Stage;
  readonly bronze: IBucket;
  readonly replica: BronzeReplica;
}

/** Goes off when an object was not copied. In a stack after the lake: the alarm names the topic, which names the lake's key. */
export function replicationAlarm(scope: Construct, { stage, bronze, replica }: ReplicationAlarmProps): void {
  new CfnAlarm(scope, 'ReplicationFailed', {
    alarmName: `millrace-${stage.name}-bronze-replication-failed`,
    alarmDescription:
      `Objects of bronze were not copied to ${replica.region}. See why: the replication status of new objects and ` +
      'the access logs of both buckets; then copy what is missing: docs/restore.md, "Copy what was not replicated".',
    // Of those on replication the one that S3 tells in the region of bronze.
    namespace: 'AWS/S3',
    metricName: 'OperationsFailedReplication',
    dimensions: [
      { name: 'SourceBucket', value: bronze.bucketName },
      { name: 'DestinationBucket', value: replica.bucketName },
      { name: 'RuleId', value: ruleId },
    ],
    statistic: 'Sum',
    period: 300,
    evaluationPeriods: 1,
    threshold: 0,
    comparisonOperator: 'GreaterThanThreshold',
    treatMissingData: 'notBreaching',
  });
}
