import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { NamedQuery } from '../contract/manifest.ts';
import { describedQuery } from '../contract/query-soundness.ts';
import type { Stage } from '../stages.ts';
import { logicalName } from './logical-name.ts';

export interface QueryWorkGroupProps {
  readonly stage: Stage;
  /** Physical name. */
  readonly name: string;
  readonly description: string;
  readonly logicalId: string;
  readonly results: IBucket;
  /** Of the results bucket, ending in `/`. */
  readonly resultsPrefix: string;
  readonly key: IKey;
  readonly database: string;
  /** What of the logical ids of its queries stands before their names. */
  readonly queryPrefix: string;
  readonly queries: readonly Pick<NamedQuery, 'name' | 'description' | 'parameters' | 'sql'>[];
}

/** An Athena work group, whose settings no client can widen, and its named queries. */
export class QueryWorkGroup extends Construct {
  constructor(scope: Construct, id: string, props: QueryWorkGroupProps) {
    super(scope, id);
    const { stage, name } = props;
    const workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name,
      description: props.description,
      state: 'ENABLED',
      // Without it a work group that was ever used cannot be deleted.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        bytesScannedCutoffPerQuery: stage.athena.scanLimitBytes,
        publishCloudWatchMetricsEnabled: true,
        resultConfiguration: {
          outputLocation: `s3://${props.results.bucketName}/${props.resultsPrefix}`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: props.key.keyArn },
        },
      },
    });
    workGroup.overrideLogicalId(props.logicalId);
    for (const named of props.queries) {
      const query = new CfnNamedQuery(this, named.name, {
        name: named.name,
        description: describedQuery(named),
        database: props.database,
        queryString: named.sql,
        workGroup: name,
      });
      query.overrideLogicalId(`${props.queryPrefix}${logicalName(named.name)}`);
      query.addResourceDependency(workGroup);
    }
  }
}
