import { CfnOutput } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Manifest } from '../contract/manifest.ts';
import { type Exposure, exposureOf, isOpenQuery, readsPersonal } from '../contract/personal.ts';
import type { Stage } from '../stages.ts';
import { analystWorkGroupOf } from '../work-groups.ts';
import { analystRole } from './analyst-role.ts';
import { ColumnGrants } from './column-grants.ts';
import type { LakeBuckets } from './locations.ts';
import { QueryWorkGroup } from './query-work-group.ts';

/** Of the results bucket. Not those of the other work group: what its queries answered may hold personal data. */
const resultsPrefix = 'analysts/';

export interface AnalystAccessProps {
  readonly stage: Stage;
  readonly manifests: readonly Manifest[];
  readonly database: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
}

/** A dataset, and what of it is open. */
export interface Shown extends Exposure {
  readonly manifest: Manifest;
  /** True: silver is granted by its columns, the personal ones left out. */
  readonly byColumn: boolean;
}

/**
 * What those may who only analyse: a role that reads what holds no personal data, and a work group whose results are
 * their own. Of a dataset with personal data they read the tables made without it (`SILVER_shared`); with Lake Formation
 * also silver, but for its personal columns.
 */
export class AnalystAccess extends Construct {
  constructor(scope: Construct, id: string, props: AnalystAccessProps) {
    super(scope, id);
    const { stage, database, buckets, key } = props;
    const workGroup = analystWorkGroupOf(stage.name);
    const shown = props.manifests.map((manifest): Shown => {
      const exposure = exposureOf(manifest);
      return {
        ...exposure,
        manifest,
        byColumn: stage.lake.lakeFormation && exposure.personal.length > 0,
      };
    });
    new QueryWorkGroup(this, 'Queries', {
      stage,
      name: workGroup,
      description: `Queries of those who only analyse, on the lake of stage ${stage.name}`,
      logicalId: 'AnalystWorkGroup',
      results: buckets.results,
      resultsPrefix,
      key,
      database,
      queryPrefix: 'AnalystQuery',
      queries: shown.flatMap(openQueries),
    });
    const role = analystRole(this, { stage, database, buckets, key, workGroup, resultsPrefix, shown });
    const granted = shown.filter(({ byColumn }) => byColumn);
    if (granted.length > 0)
      new ColumnGrants(this, 'Grants', { roleArn: role.roleArn, database, buckets, key, granted });
    new CfnOutput(this, 'RoleArn', { value: role.roleArn }).overrideLogicalId('AnalystRoleArn');
  }
}

function openQueries({ manifest, closed, personal, byColumn }: Shown) {
  const silver = manifest.tables.silver;
  const named = [...manifest.gold, ...manifest.queries];
  if (!byColumn) return named.filter(({ sql }) => isOpenQuery(sql, { closed }));
  const others = closed.filter((table) => table !== silver);
  return named.filter(
    ({ sql }) => isOpenQuery(sql, { closed: others }) && !readsPersonal(sql, new Set(personal), silver),
  );
}
