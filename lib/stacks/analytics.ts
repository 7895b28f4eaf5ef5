import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { AnalystAccess } from '../constructs/analyst-access.ts';
import { DatasetAudit } from '../constructs/dataset-audit.ts';
import type { LakeBuckets } from '../constructs/locations.ts';
import { QueryWorkGroup } from '../constructs/query-work-group.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';
import { workGroupOf } from '../work-groups.ts';

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
 * The Athena work group of those who run the stage, with named queries (the gold models and those beside them), the
 * hourly audits, and what those may who only analyse.
 */
export class AnalyticsStack extends Stack {
  constructor(scope: Construct, id: string, props: AnalyticsStackProps) {
    super(scope, id, props);
    const { stage, manifests, database, buckets, key } = props;
    const name = workGroupOf(stage.name);

    const queries = new QueryWorkGroup(this, 'Queries', {
      stage,
      name,
      description: `Queries on the lake of stage ${stage.name}`,
      logicalId: 'WorkGroup',
      results: buckets.results,
      resultsPrefix,
      key,
      database,
      queryPrefix: 'Query',
      queries: manifests.flatMap((manifest) => [...manifest.gold, ...manifest.queries]),
    });

    for (const manifest of manifests) {
      const audit = new DatasetAudit(this, `${manifest.dataset}-audit`, {
        stage,
        manifest,
        database,
        workGroup: name,
        resultsPrefix,
        buckets,
        key,
      });
      audit.node.addDependency(queries);
    }

    new AnalystAccess(this, 'Analysts', { stage, manifests, database, buckets, key });

    new CfnOutput(this, 'WorkGroupName', { value: name });
  }
}
