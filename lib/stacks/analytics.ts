import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { DatasetAudit } from '../constructs/dataset-audit.ts';
import type { LakeBuckets } from '../constructs/locations.ts';
import { logicalName } from '../constructs/logical-name.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';

export interface AnalyticsStackProps extends StackProps {
  readonly stage: Stage;
  readonly database: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  readonly manifests: readonly Manifest[];
}

/** Of the results bucket. */
const resultsPrefix = 'athena/';

/**
 * The Athena workgroup, whose settings no client can widen, named queries (the gold models and those beside
 * them), and the hourly audits.
 */
export class AnalyticsStack extends Stack {
  constructor(scope: Construct, id: string, props: AnalyticsStackProps) {
    super(scope, id, props);
    const { stage } = props;
    const name = `millrace-${stage.name}`;

    const workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name,
      description: `Queries on the lake of stage ${stage.name}`,
      state: 'ENABLED',
      // Without it a work group that was ever used cannot be deleted.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        bytesScannedCutoffPerQuery: stage.athena.scanLimitBytes,
        publishCloudWatchMetricsEnabled: true,
        resultConfiguration: {
          outputLocation: `s3://${props.buckets.results.bucketName}/${resultsPrefix}`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: props.key.keyArn },
        },
      },
    });
    workGroup.overrideLogicalId('WorkGroup');

    for (const named of props.manifests.flatMap(({ gold, queries }) => [...gold, ...queries])) {
      const query = new CfnNamedQuery(this, named.name, {
        name: named.name,
        description: named.description,
        database: props.database,
        queryString: named.sql,
        workGroup: name,
      });
      query.overrideLogicalId(`Query${logicalName(named.name)}`);
      query.addResourceDependency(workGroup);
    }

    for (const manifest of props.manifests) {
      const audit = new DatasetAudit(this, `${manifest.dataset}-audit`, {
        stage,
        manifest,
        database: props.database,
        workGroup: name,
        resultsPrefix,
        buckets: props.buckets,
        key: props.key,
      });
      audit.node.addDependency(workGroup);
    }

    new CfnOutput(this, 'WorkGroupName', { value: name });
  }
}
