import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Manifest } from '../contract/manifest.ts';
import { publicationsOf } from '../contract/publication.ts';
import type { Stage } from '../stages.ts';
import { kafkaConsumerStatements, kafkaProducerStatements } from './kafka-access.ts';
import { type LakeBuckets, prefixesOf } from './locations.ts';
import { logicalName } from './logical-name.ts';
import { ManifestAsset } from './manifest-file.ts';
import { networkInterfaceStatements } from './network-interfaces.ts';
import { ReferenceFiles } from './reference-files.ts';
import { type JobKind, jobKinds, type SparkAssets } from './spark-assets.ts';
import { SparkJob } from './spark-job.ts';
import { SparkRole } from './spark-role.ts';

/** Glue starts nothing more often than this, so a stream that stopped is back within five minutes. */
const everyFiveMinutes = 'cron(0/5 * * * ? *)';

export interface DatasetJobsProps {
  readonly stage: Stage;
  readonly manifest: Manifest;
  readonly clusterArn: string;
  readonly database: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  readonly assets: SparkAssets;
  /** The way into the VPC, which only the jobs that ask Kafka take. */
  readonly connection: {
    readonly name: string;
    readonly arn: string;
    readonly subnetId: string;
    readonly securityGroupId: string;
  };
}

/** What one kind of job may touch. */
interface Reach {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly lakeReads: readonly string[];
  readonly lakeWrites: readonly string[];
  readonly stateWrites: readonly string[];
}

/**
 * A dataset's jobs: silver stream, gold models, sweep for one identity in two partitions, maintenance of its tables, and
 * the rebuild of what is asked for.
 */
export class DatasetJobs extends Construct {
  constructor(scope: Construct, id: string, props: DatasetJobsProps) {
    super(scope, id);
    const { stage, manifest, buckets } = props;
    const { dataset } = manifest;
    const warehouse = `s3://${buckets.lake.bucketName}/`;
    const state = `s3://${buckets.state.bucketName}/`;
    const prefixes = prefixesOf(manifest);
    const manifestAsset = new ManifestAsset(this, 'Manifest', manifest);
    const references = new ReferenceFiles(this, 'References', manifest.references);
    const reaches = reachesOf(manifest);

    const common = {
      '--manifest': manifestAsset.s3ObjectUrl,
      '--database': props.database,
      '--warehouse': warehouse,
      '--state': state,
      '--stage': stage.name,
    };
    const own: Readonly<Record<JobKind, Readonly<Record<string, string>>>> = {
      silver: {
        '--cluster-arn': props.clusterArn,
        '--checkpoint': `${state}${prefixes.checkpoint}`,
        '--trigger-seconds': String(stage.jobs.triggerSeconds),
        '--max-offsets': String(stage.jobs.maxOffsets),
        '--mode': stage.jobs.mode,
      },
      gold: {
        '--exports': `${warehouse}${prefixes.exports}`,
        ...(references.argument === '' ? {} : { '--references': references.argument }),
      },
      sweep: {},
      maintain: {
        '--bronze': `s3://${buckets.bronze.bucketName}/${prefixes.bronze}`,
        '--quarantine': `s3://${buckets.quarantine.bucketName}/${prefixes.quarantine}`,
      },
      rebuild: {
        '--bronze': `s3://${buckets.bronze.bucketName}/${prefixes.bronze}`,
        '--cluster-arn': props.clusterArn,
        '--mode': 'silver',
      },
    };
    const schedules: Readonly<Record<JobKind, string | undefined>> = {
      silver: everyFiveMinutes,
      gold: manifest.schedules.gold,
      // Where the partition follows the identity, there is nothing to find.
      sweep: manifest.partitionFollowsIdentity ? undefined : manifest.schedules.sweep,
      maintain: manifest.schedules.maintain,
      rebuild: undefined,
    };
    const descriptions: Readonly<Record<JobKind, string>> = {
      silver: `Topic ${manifest.topic.name} into ${manifest.tables.silver}, each identity once`,
      gold: `Gold models of ${dataset}, touched partitions only`,
      sweep: `Finds identities of ${dataset} in more than one partition`,
      maintain: `Retention, compaction and expiry of the tables of ${dataset}`,
      rebuild: `Makes silver or windows of ${dataset} again, when it is asked for`,
    };

    const further: Readonly<Record<JobKind, readonly PolicyStatement[]>> = {
      // The stream alone publishes: see Publication.
      silver: [
        ...this.kafkaStatements(props),
        ...kafkaProducerStatements({
          stack: Stack.of(this),
          clusterArn: props.clusterArn,
          topics: publicationsOf(manifest).map(({ topic }) => topic),
        }),
      ],
      gold: [],
      sweep: [],
      maintain: landedStatements([
        [buckets.bronze, prefixes.bronze],
        [buckets.quarantine, prefixes.quarantine],
      ]),
      rebuild: [...this.kafkaStatements(props), ...readStatements(buckets.bronze, prefixes.bronze)],
    };

    for (const kind of jobKinds) {
      const streaming = kind === 'silver';
      // The rebuild asks Kafka what it still holds.
      const inVpc = streaming || kind === 'rebuild';
      const suffix = `${logicalName(dataset)}${logicalName(kind)}`;
      const logPrefix = `/millrace/${stage.name}/${dataset}/${kind}`;
      const role = new SparkRole(this, `${kind}-role`, {
        description: `Spark job ${kind} of dataset ${dataset}`,
        database: props.database,
        lake: buckets.lake,
        state: buckets.state,
        ...reaches[kind],
        key: props.key,
        assets: [...props.assets.of(kind), manifestAsset, ...(kind === 'gold' ? references.assets : [])],
        logPrefix,
        further: further[kind],
      });
      new SparkJob(this, kind, {
        stage,
        kind,
        jobName: `millrace-${stage.name}-${dataset}-${kind}`,
        description: descriptions[kind],
        suffix,
        role,
        key: props.key,
        assets: props.assets,
        logPrefix,
        warehouse,
        arguments: { ...common, ...own[kind] },
        command: streaming ? 'gluestreaming' : 'glueetl',
        schedule: schedules[kind],
        ...(inVpc ? { connections: [props.connection.name] } : {}),
      });
    }
  }

  private kafkaStatements(props: DatasetJobsProps): PolicyStatement[] {
    const stack = Stack.of(this);
    return [
      ...kafkaConsumerStatements({
        stack,
        clusterArn: props.clusterArn,
        topic: props.manifest.topic.name,
        // Spark reads under a group id it makes up for each query.
        group: 'spark-kafka-source-*',
      }),
      ...networkInterfaceStatements({
        stack,
        subnetIds: [props.connection.subnetId],
        securityGroupIds: [props.connection.securityGroupId],
      }),
      new PolicyStatement({
        actions: ['glue:GetConnection'],
        resources: [stack.formatArn({ service: 'glue', resource: 'catalog' }), props.connection.arn],
      }),
      // Glue marks the interfaces it makes, and only those.
      new PolicyStatement({
        actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
        resources: [stack.formatArn({ service: 'ec2', resource: 'network-interface', resourceName: '*' })],
        conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['aws-glue-service-resource'] } },
      }),
    ];
  }
}

/** Of external tables, whose overlapping objects are rewritten. */
function landedStatements(places: readonly (readonly [IBucket, string])[]): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: places.map(([bucket, prefix]) => bucket.arnForObjects(`${prefix}*`)),
    }),
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: places.map(([bucket]) => bucket.bucketArn),
    }),
  ];
}

/** Of an external table that is only read. */
function readStatements(bucket: IBucket, prefix: string): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(`${prefix}*`)] }),
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
  ];
}

function reachesOf(manifest: Manifest): Readonly<Record<JobKind, Reach>> {
  const { tables } = manifest;
  const prefixes = prefixesOf(manifest);
  const goldPrefixes = (names: readonly string[]) => names.flatMap((name) => prefixes.gold[name] ?? []);
  const windows = manifest.windows.map(({ name }) => name);
  const computed = [
    ...[...manifest.gold, ...manifest.approximations].map(({ name }) => name),
    ...manifest.references.map(({ table }) => table),
  ];
  // Windows follow silver in the same batch, and when the sweep takes rows from it.
  const inserted = {
    writes: [tables.silver, tables.rejected, ...windows],
    lakeWrites: [prefixes.silver, prefixes.rejected, ...goldPrefixes(windows)],
  };
  return {
    silver: { reads: [], lakeReads: [], ...inserted, stateWrites: [prefixes.checkpoint, prefixes.progress] },
    gold: {
      reads: [tables.silver, ...windows],
      lakeReads: [prefixes.silver, ...goldPrefixes(windows)],
      writes: computed,
      lakeWrites: [...goldPrefixes(computed), prefixes.exports],
      stateWrites: [prefixes.progress],
    },
    sweep: { reads: [], lakeReads: [], ...inserted, stateWrites: [prefixes.progress] },
    rebuild: { reads: [], lakeReads: [], ...inserted, stateWrites: [prefixes.progress] },
    maintain: {
      reads: [],
      lakeReads: [],
      writes: [tables.silver, tables.rejected, ...Object.keys(prefixes.gold)],
      lakeWrites: [prefixes.silver, prefixes.rejected, ...Object.values(prefixes.gold)],
      stateWrites: [prefixes.progress],
    },
  };
}
