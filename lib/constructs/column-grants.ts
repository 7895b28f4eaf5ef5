import { Aws } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnPrincipalPermissions, CfnResource } from 'aws-cdk-lib/aws-lakeformation';
import { Construct } from 'constructs';
import type { Shown } from './analyst-access.ts';
import { type LakeBuckets, prefixesOf } from './locations.ts';
import { logicalName } from './logical-name.ts';

export interface ColumnGrantsProps {
  /** Of the role that is granted to. */
  readonly roleArn: string;
  readonly database: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  /** Datasets with personal data. */
  readonly granted: readonly Shown[];
}

/**
 * Silver by its columns, through Lake Formation: its location is registered in hybrid mode, so nothing changes for
 * the jobs and functions, which go on by IAM; the role is granted the columns that are not personal. The role itself
 * reaches no object of silver, so until the account has done its part (docs/governance.md) it reads nothing there.
 */
export class ColumnGrants extends Construct {
  constructor(scope: Construct, id: string, props: ColumnGrantsProps) {
    super(scope, id);
    const { database, granted } = props;
    const registrar = this.registrar(props);
    const principal = { dataLakePrincipalIdentifier: props.roleArn };

    const described = new CfnPrincipalPermissions(this, 'Database', {
      principal,
      resource: { database: { catalogId: Aws.ACCOUNT_ID, name: database } },
      permissions: ['DESCRIBE'],
      permissionsWithGrantOption: [],
    });
    described.overrideLogicalId('GrantDatabase');

    for (const { manifest, personal } of granted) {
      const { silver } = manifest.tables;
      const suffix = logicalName(silver);
      const location = new CfnResource(this, `${silver}-location`, {
        resourceArn: props.buckets.lake.arnForObjects(prefixesOf(manifest).silver),
        useServiceLinkedRole: false,
        roleArn: registrar.roleArn,
        hybridAccessEnabled: true,
      });
      location.overrideLogicalId(`GrantLocation${suffix}`);
      const columns = new CfnPrincipalPermissions(this, `${silver}-columns`, {
        principal,
        resource: {
          tableWithColumns: {
            catalogId: Aws.ACCOUNT_ID,
            databaseName: database,
            name: silver,
            columnWildcard: { excludedColumnNames: [...personal] },
          },
        },
        permissions: ['SELECT'],
        permissionsWithGrantOption: [],
      });
      columns.overrideLogicalId(`GrantColumns${suffix}`);
      columns.addResourceDependency(location);
    }
  }

  /** The role by which Lake Formation reads for those it has granted columns to. */
  private registrar({ buckets, key, granted }: ColumnGrantsProps): Role {
    const prefixes = granted.map(({ manifest }) => prefixesOf(manifest).silver);
    return new Role(this, 'Registrar', {
      description: 'Lake Formation reads silver tables with personal columns by it',
      // Only who may pass the role can register a location with it, and nobody of another account can.
      assumedBy: new ServicePrincipal('lakeformation.amazonaws.com'),
      inlinePolicies: {
        Registered: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['s3:GetObject'],
              resources: prefixes.map((prefix) => buckets.lake.arnForObjects(`${prefix}*`)),
            }),
            new PolicyStatement({
              actions: ['s3:ListBucket'],
              resources: [buckets.lake.bucketArn],
              conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
            }),
            new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }),
          ],
        }),
      },
    });
  }
}
