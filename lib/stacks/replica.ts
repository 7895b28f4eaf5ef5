import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccessLogBucket } from '../constructs/access-log-bucket.ts';
import type { BronzeReplica } from '../constructs/bronze-replica.ts';
import { EncryptedBucket } from '../constructs/encrypted-bucket.ts';
import { bronzeExpiry } from '../constructs/locations.ts';
import { StageKey } from '../constructs/stage-key.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';

export interface ReplicaStackProps extends StackProps {
  readonly stage: Stage;
  readonly replica: BronzeReplica;
  readonly manifests: readonly Manifest[];
}

/** In another region: the copy of bronze, with a key of its own, so that neither needs the region of the lake. */
export class ReplicaStack extends Stack {
  constructor(scope: Construct, id: string, props: ReplicaStackProps) {
    super(scope, id, props);
    const { stage, replica, manifests } = props;
    const key = new StageKey(this, 'Key', {
      stage,
      description: `Copy of bronze of stage ${stage.name}`,
      alias: replica.keyAlias,
    });
    const accessLogs = new AccessLogBucket(this, 'AccessLogs', stage);
    const bronze = new EncryptedBucket(this, 'BronzeReplica', {
      stage,
      key,
      accessLogs,
      bucketName: replica.bucketName,
      // Rules are not copied with the objects.
      expire: bronzeExpiry(manifests),
    });
    for (const [name, { bucketName }] of Object.entries({ BronzeReplica: bronze, AccessLogs: accessLogs }))
      new CfnOutput(this, `${name}BucketName`, { value: bucketName });
  }
}
