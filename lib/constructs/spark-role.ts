import { Arn, Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';

export interface SparkRoleProps {
  readonly description: string;
  /** Service that takes it. */
  readonly service: string;
  readonly database: string;
  /** Iceberg tables it only reads, and those it commits to. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly lake: IBucket;
  readonly state: IBucket;
  /** Prefixes of the lake it only reads, and those it reads, writes and deletes in. */
  readonly lakeReads: readonly string[];
  readonly lakeWrites: readonly string[];
  /** Prefixes of the state bucket it reads, writes and deletes in. */
  readonly stateWrites: readonly string[];
  readonly key: IKey;
  readonly assets: readonly Asset[];
  /** Further statements, such as those of Kafka and of the runtime. */
  readonly further: readonly PolicyStatement[];
}

/** The role of one Spark job, all of it in one inline document. */
export class SparkRole extends Role {
  constructor(scope: Construct, id: string, props: SparkRoleProps) {
    const stack = Stack.of(scope);
    const glue = (resource: string, resourceName?: string) =>
      Arn.format(
        { service: 'glue', resource, ...(resourceName === undefined ? {} : { resourceName }) },
        stack,
      );
    const tableArns = (tables: readonly string[]) => [
      glue('catalog'),
      glue('database', props.database),
      ...tables.map((table) => glue('table', `${props.database}/${table}`)),
    ];
    const objects = (bucket: IBucket, prefixes: readonly string[]) =>
      prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
    const written = [...objects(props.lake, props.lakeWrites), ...objects(props.state, props.stateWrites)];

    const statements = [
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: [
          ...objects(props.lake, props.lakeReads),
          ...props.assets.map((asset) => asset.bucket.arnForObjects(asset.s3ObjectKey)),
        ],
      }),
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        resources: written,
      }),
      // Without ListBucket a missing object reads as forbidden, not as missing.
      new PolicyStatement({
        actions: ['s3:ListBucket', 's3:GetBucketLocation'],
        resources: [props.lake.bucketArn, props.state.bucketArn],
      }),
      new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [props.key.keyArn] }),
      new PolicyStatement({
        actions: ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables'],
        resources: tableArns([...props.reads, ...props.writes]),
      }),
      new PolicyStatement({ actions: ['glue:UpdateTable'], resources: tableArns(props.writes) }),
      ...props.further,
    ];
    super(scope, id, {
      description: props.description,
      assumedBy: new ServicePrincipal(props.service),
      inlinePolicies: { Job: new PolicyDocument({ statements }) },
    });
  }
}
