import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Manifest } from '../contract/manifest.ts';
import { publicationsOf } from '../contract/publication.ts';
import type { Stage } from '../stages.ts';
import { kafkaConsumerStatements, kafkaProducerStatements } from './kafka-access.ts';
import type { KeptJob } from './keep-alive.ts';
import { type LakeBuckets, prefixesOf } from './locations.ts';
import { logicalName } from './logical-name.ts';
import { ManifestAsset } from './manifest-file.ts';
import { ReferenceFiles } from './reference-files.ts';
import { type JobKind, jobKinds, type SparkAssets } from './spark-assets.ts';
import { releaseOf, type SparkJob } from './spark-job.ts';
import { landedStatements, reachesOf, readStatements } from './spark-reach.ts';
import { SparkRole } from './spark-role.ts';
import type { SparkRuntime } from './spark-runtime.ts';
import { sparkSettings } from './spark-settings.ts';

export interface DatasetJobsProps {
  readonly stage: Stage;
  readonly manifest: Manifest;
  readonly clusterArn: string;
  readonly database: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
  readonly assets: SparkAssets;
  readonly runtime: SparkRuntime;
}

/**
 * A dataset's jobs: silver stream, gold models, sweep for one identity in two partitions, maintenance of its tables, and
 * the rebuild of what is asked for.
 */
export class DatasetJobs extends Construct {
  /** Those that the runtime does not start itself. */
  readonly kept: readonly KeptJob[];

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
        '--run-mode': stage.jobs.mode,
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
        '--remake': 'silver',
      },
    };
    const schedules: Readonly<Record<JobKind, string | undefined>> = {
      silver: undefined,
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

    const conf = sparkSettings({ warehouse, shufflePartitions: stage.jobs.shufflePartitions });
    const { runtime, assets } = props;
    this.kept = jobKinds.flatMap((kind) => {
      const job: SparkJob = {
        name: `millrace-${stage.name}-${dataset}-${kind}`,
        dataset,
        kind,
        description: descriptions[kind],
        suffix: `${logicalName(dataset)}${logicalName(kind)}`,
        script: assets.scripts[kind],
        package: assets.package,
        jars: assets.jars,
        arguments: { ...common, ...own[kind] },
        conf,
        stream: kind === 'silver',
        timeoutMinutes: timeoutMinutes(stage, kind),
        retries: retriesOf(kind, schedules[kind]),
        schedule: schedules[kind],
        // The rebuild asks Kafka what it still holds.
        asksKafka: kind === 'silver' || kind === 'rebuild',
        logPrefix: `/millrace/${stage.name}/${dataset}/${kind}`,
      };
      const release = releaseOf(Stack.of(this), job, runtime.sizeOf(job));
      const role = new SparkRole(this, `${kind}-role`, {
        description: `Spark job ${kind} of dataset ${dataset}`,
        service: runtime.service,
        database: props.database,
        lake: buckets.lake,
        state: buckets.state,
        ...reaches[kind],
        key: props.key,
        assets: [...assets.of(kind), manifestAsset, ...(kind === 'gold' ? references.assets : [])],
        further: [...runtime.statementsFor(job), ...further[kind]],
      });
      const made = runtime.add(new Construct(this, kind), job, role, release);
      if (made.startsItself) return [];
      const stateKey = `${prefixes.progress}${kind}-release.json`;
      return {
        plan: {
          job: job.name,
          dataset,
          kind,
          runtime: runtime.kind,
          keep: job.stream ? 'running' : 'once',
          release,
          pauseSeconds: job.stream ? pauseSeconds(stage) : 0,
          state: `${state}${stateKey}`,
          ...(made.emr === undefined ? {} : { emr: made.emr }),
        },
        description: job.description,
        suffix: job.suffix,
        schedule: job.schedule,
        stateKey,
        progressKey: `${prefixes.progress}${kind}.json`,
        resource: made.resource,
      } satisfies KeptJob;
    });
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
    ];
  }
}

/** Undefined of a stream that runs on. */
function timeoutMinutes({ jobs }: Stage, kind: JobKind): number | undefined {
  if (kind === 'rebuild') return jobs.rebuildTimeoutMinutes;
  return kind === 'silver' && jobs.mode === 'continuous' ? undefined : jobs.batchTimeoutMinutes;
}

/** Least time between two starts of a stream that ends when it has read all there is. */
function pauseSeconds({ jobs }: Stage): number {
  return jobs.mode === 'available-now' ? jobs.triggerSeconds : 0;
}

/**
 * A restart of a stream must be tried at least twice (SPARK-57438); batch jobs run again on schedule anyway, and one
 * without a schedule has somebody who waits for its answer.
 */
function retriesOf(kind: JobKind, schedule: string | undefined): number {
  if (kind === 'silver') return 3;
  return schedule === undefined ? 0 : 1;
}
