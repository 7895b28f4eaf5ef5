import { Duration, Stack } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  ArnPrincipal,
  type CfnRole,
  CompositePrincipal,
  PolicyDocument,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { MillraceError } from '../errors.ts';
import type { Stage as StageOfLake } from '../stages.ts';
import type { Shown } from './analyst-access.ts';
import { type LakeBuckets, prefixesOf } from './locations.ts';

/** Of one session: a working day. */
const sessionHours = 8;

/** Of an object ARN with the longest bucket name, beside its prefix. */
const arnCharacters = 'arn:aws-us-gov:s3:::/*,""'.length + 63;
/** What the inline policies of a role may have, without the statements that are always there. */
const mostCharacters = 10_240 - 3_000;

export interface AnalystRoleProps {
  readonly stage: StageOfLake;
  readonly database: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  readonly workGroup: string;
  /** Of the results bucket, ending in `/`. */
  readonly resultsPrefix: string;
  readonly shown: readonly Shown[];
}

/** The role of those who only analyse. It writes the results of its queries and nothing else. */
export function analystRole(scope: Construct, props: AnalystRoleProps): Role {
  const { analysts } = props.stage.athena;
  const role = new Role(scope, 'Role', {
    description: `Reads what holds no personal data in stage ${props.stage.name}`,
    // Where the stage names nobody, the account's own policies say who.
    assumedBy:
      analysts.length === 0
        ? new AccountRootPrincipal()
        : new CompositePrincipal(...analysts.map((arn) => new ArnPrincipal(arn))),
    maxSessionDuration: Duration.hours(sessionHours),
    inlinePolicies: {
      Analysis: new PolicyDocument({
        statements: [
          ...queryStatements(Stack.of(scope), props),
          ...catalogStatements(Stack.of(scope), props),
          ...objectStatements(props),
          keyStatement(Stack.of(scope), props),
        ],
      }),
    },
  });
  (role.node.defaultChild as CfnRole).overrideLogicalId('AnalystRole');
  return role;
}

const allow = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources });

/** Queries in the one work group, by the command and in the console. */
function queryStatements(stack: Stack, { workGroup }: AnalystRoleProps): PolicyStatement[] {
  return [
    allow(
      [
        'athena:BatchGetNamedQuery',
        'athena:BatchGetQueryExecution',
        'athena:GetNamedQuery',
        'athena:GetQueryExecution',
        'athena:GetQueryResults',
        'athena:GetQueryRuntimeStatistics',
        'athena:GetWorkGroup',
        'athena:ListNamedQueries',
        'athena:ListQueryExecutions',
        'athena:StartQueryExecution',
        'athena:StopQueryExecution',
      ],
      [stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: workGroup })],
    ),
    allow(
      [
        'athena:GetDataCatalog',
        'athena:GetDatabase',
        'athena:GetTableMetadata',
        'athena:ListDatabases',
        'athena:ListTableMetadata',
      ],
      [stack.formatArn({ service: 'athena', resource: 'datacatalog', resourceName: 'AwsDataCatalog' })],
    ),
    // The console's lists to choose from; they know no resource.
    allow(['athena:ListDataCatalogs', 'athena:ListWorkGroups'], ['*']),
  ];
}

/**
 * What tables there are: names, columns and descriptions, none of them personal data. Rows of a table are its objects,
 * and those are given below, table by table.
 */
function catalogStatements(stack: Stack, { database, shown }: AnalystRoleProps): PolicyStatement[] {
  const glue = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'glue', resource, resourceName });
  return [
    allow(
      ['glue:GetDatabase', 'glue:GetDatabases', 'glue:GetPartitions', 'glue:GetTable', 'glue:GetTables'],
      [
        stack.formatArn({ service: 'glue', resource: 'catalog' }),
        glue('database', database),
        // Athena looks at it before any query.
        glue('database', 'default'),
        // One ARN for each table would soon be more than a role's policy may hold.
        glue('table', `${database}/*`),
      ],
    ),
    // Lake Formation hands out what its grants allow; the action knows no resource.
    ...(shown.some(({ byColumn }) => byColumn) ? [allow(['lakeformation:GetDataAccess'], ['*'])] : []),
  ];
}

/** Objects of the tables without personal data, and the results of the work group. */
function objectStatements({ stage, buckets, resultsPrefix, shown }: AnalystRoleProps): PolicyStatement[] {
  const places: readonly (readonly [IBucket, readonly string[]])[] = [
    [buckets.bronze, shown.flatMap((one) => prefixOf(one, 'bronze'))],
    [buckets.quarantine, shown.flatMap((one) => prefixOf(one, 'quarantineLanded'))],
    [
      buckets.lake,
      shown.flatMap((one) => [
        ...prefixOf(one, 'silver'),
        ...prefixOf(one, 'rejected'),
        ...Object.entries(prefixesOf(one.manifest).gold).flatMap(([table, prefix]) =>
          one.open.includes(table) ? [prefix] : [],
        ),
      ]),
    ],
  ];
  const read = places.filter(([, prefixes]) => prefixes.length > 0);
  checkLength(
    read.flatMap(([, prefixes]) => prefixes),
    stage,
  );
  const listed = read.map(([bucket]) => bucket.bucketArn);
  return [
    allow(
      ['s3:GetObject'],
      read.flatMap(([bucket, prefixes]) => prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`))),
    ),
    // Athena writes results as its caller.
    allow(
      ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      [buckets.results.arnForObjects(`${resultsPrefix}*`)],
    ),
    // Names of objects tell tables, days and positions.
    allow(['s3:ListBucket', 's3:GetBucketLocation'], [...listed, buckets.results.bucketArn]),
  ];
}

/** @throws MillraceError MR153: IAM would refuse the role's policy, in the middle of a deploy */
function checkLength(prefixes: readonly string[], stage: StageOfLake): void {
  const characters = prefixes.reduce((sum, prefix) => sum + prefix.length + arnCharacters, 0);
  if (characters <= mostCharacters) return;
  throw new MillraceError(
    'MR153',
    `the analyst role cannot name all ${prefixes.length} tables that are open`,
    {
      where: `stage ${stage.name}, lib/constructs/analyst-role.ts`,
      mend: 'deploy some of the datasets as a stage of their own: the policies of a role may have 10,240 characters',
    },
  );
}

/** The prefix of a table that is no gold one, where it is open. */
function prefixOf(
  { manifest, open }: Shown,
  table: 'bronze' | 'quarantineLanded' | 'silver' | 'rejected',
): string[] {
  const { bronze, quarantine, silver, rejected } = prefixesOf(manifest);
  const prefixes = { bronze, quarantineLanded: quarantine, silver, rejected };
  return open.includes(manifest.tables[table]) ? [prefixes[table]] : [];
}

/** The key of all data: by way of S3, which gives the objects above and no others. */
function keyStatement(stack: Stack, { key }: AnalystRoleProps): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `s3.${stack.region}.amazonaws.com` } },
  });
}
