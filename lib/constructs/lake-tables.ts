import { Aws } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable, type CfnTableProps } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { glueTablesOf } from '../contract/glue-tables.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Releases } from '../contract/release.ts';
import type { Stage } from '../stages.ts';
import type { LakeBuckets } from './locations.ts';
import { logicalName } from './logical-name.ts';
import { stateful } from './removal.ts';

export interface LakeTablesProps {
  readonly stage: Stage;
  readonly buckets: LakeBuckets;
  readonly manifests: readonly Manifest[];
  /** What is deployed of the datasets, by name. @default nothing: ids of columns follow their order */
  readonly releases?: Releases | undefined;
}

/** The stage's Glue database and, in it, every table and view of every dataset. */
export class LakeTables extends Construct {
  /** Name of the database: plain text, since the views hold it in base64. */
  readonly database: string;

  constructor(scope: Construct, id: string, props: LakeTablesProps) {
    super(scope, id);
    const { stage, buckets } = props;
    this.database = `millrace_${stage.name}`;
    const database = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: this.database, description: `Lake of stage ${stage.name}` },
    });
    stateful(database, 'Database', stage);

    for (const manifest of props.manifests) {
      const places = {
        catalogId: Aws.ACCOUNT_ID,
        database: this.database,
        bronzeRoot: `s3://${buckets.bronze.bucketName}/`,
        quarantineRoot: `s3://${buckets.quarantine.bucketName}/`,
        lakeRoot: `s3://${buckets.lake.bucketName}/`,
      };
      const { gold, ...tables } = glueTablesOf(manifest, places, props.releases?.[manifest.dataset]);
      const named: readonly [string, CfnTableProps][] = [
        ...Object.entries(tables).map(([role, table]): [string, CfnTableProps] => [
          manifest.tables[role as keyof typeof tables],
          table,
        ]),
        ...Object.entries(gold),
      ];
      for (const [name, table] of named) {
        const resource = stateful(new CfnTable(this, name, table), `Table${logicalName(name)}`, stage);
        resource.addResourceDependency(database);
      }
    }
  }
}
