/** What a stage may set, and what of it fits together: checked whole before anything is built from it. */
import { z } from 'zod';

const whole = (min: number, max: number) => z.number().int().min(min).max(max);
const text = (pattern: RegExp, what: string) => z.string().regex(pattern, `must be ${what}`);

/** How an account and a region are written. */
export const placeForms = {
  account: { pattern: /^\d{12}$/, what: 'the 12 digits of an AWS account' },
  region: { pattern: /^[a-z]{2}(-[a-z]+)+-\d$/, what: 'an AWS region, such as eu-central-1' },
} as const;

const account = text(placeForms.account.pattern, placeForms.account.what);
const region = text(placeForms.region.pattern, placeForms.region.what);
const securityGroup = text(/^sg-[0-9a-f]{8,17}$/, 'the id of a security group');
/**
 * Of AWS's own list of S3's addresses in the region (`aws ec2 describe-managed-prefix-lists`): port 443 is then open
 * to S3 alone. Undefined: to any address.
 */
const s3PrefixListId = text(/^pl-[0-9a-f]{8,17}$/, 'the id of a prefix list').optional();

const zoneName = text(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'an availability zone, such as eu-central-1a');

/** A VPC made for the stage, or one that is there already. */
const network = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('own'),
    /** Availability zones of the VPC; brokers stand in each. */
    zones: z.union([z.literal(2), z.literal(3)], 'must be 2 or 3'),
    /** Which ones, as many as `zones`. Null: the first of the region, some of which may not take brokers (use1-az3). */
    zoneNames: z.array(zoneName).nullish(),
    /** One interface endpoint a zone costs; in dev the jobs' zone is enough. */
    endpointZones: whole(1, 3),
    s3PrefixListId,
  }),
  z.strictObject({
    kind: z.literal('existing'),
    vpcId: text(/^vpc-[0-9a-f]{8,17}$/, 'the id of a VPC'),
    /** Private ones, one a zone; the Spark jobs stand in the first. Of an existing cluster: those it stands in. */
    subnets: z
      .array(
        z.strictObject({
          subnetId: text(/^subnet-[0-9a-f]{8,17}$/, 'the id of a subnet'),
          zone: zoneName,
        }),
      )
      .min(2)
      .max(3),
    /** `present`: the VPC reaches the services that docs/deploy.md lists. Else they are made, the one of S3 in these route tables. */
    endpoints: z.union([
      z.literal('present'),
      z.strictObject({
        routeTableIds: z.array(text(/^rtb-[0-9a-f]{8,17}$/, 'the id of a route table')).min(1),
        s3PrefixListId,
      }),
    ]),
  }),
]);

/** Brokers: standard ones own their volumes, Express ones have none to size and demand three zones; or a cluster that is there already. */
const kafka = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('standard'),
    version: z.enum(['3.8.x', '3.9.x']),
    instanceType: z.enum(['kafka.t3.small', 'kafka.m7g.large', 'kafka.m7g.xlarge', 'kafka.m7g.2xlarge']),
    perZone: whole(1, 10),
    /** Volume of one broker. */
    volumeGiB: whole(1, 16384),
  }),
  z.strictObject({
    kind: z.literal('express'),
    version: z.enum(['3.8.x']),
    instanceType: z.enum([
      'express.m7g.large',
      'express.m7g.xlarge',
      'express.m7g.2xlarge',
      'express.m7g.4xlarge',
    ]),
    perZone: whole(1, 10),
  }),
  z.strictObject({
    kind: z.literal('existing'),
    /**
     * Provisioned, IAM authentication over TLS, Kafka 3.6 or later. Its own `min.insync.replicas` holds for the
     * topics.
     */
    clusterArn: text(
      /^arn:aws[a-z-]*:kafka:[a-z0-9-]+:\d{12}:cluster\/[^/]+\/[0-9a-z-]+$/,
      'the ARN of an MSK cluster',
    ),
    /**
     * Of its brokers: they are opened to the jobs and functions on the port of IAM authentication (9098). That the
     * group lets itself in and out on that port, and out to S3 on port 443, as the pollers of Lambda need, is its
     * owner's to see to.
     */
    securityGroupId: securityGroup,
  }),
]);

/** What the Spark jobs run on. Both run the same scripts with the same arguments. */
const runtime = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('glue'),
    /** Of the streams. G.025X is for streams of little traffic alone. */
    streamWorker: z.enum(['G.025X', 'G.1X', 'G.2X', 'G.4X', 'G.8X']),
    batchWorker: z.enum(['G.1X', 'G.2X', 'G.4X', 'G.8X']),
    /** At most, the driver among them; Glue takes as many of them as the work needs. */
    workers: whole(2, 299),
  }),
  z.strictObject({
    kind: z.literal('emr-serverless'),
    /** Of the driver and of each executor. */
    workerVcpus: z.union(
      [z.literal(1), z.literal(2), z.literal(4), z.literal(8), z.literal(16)],
      'must be 1, 2, 4, 8 or 16',
    ),
    workerMemoryGiB: whole(2, 120),
    /** Executors of one job, at most. */
    executors: whole(1, 298),
    /** Of the whole application: runs beyond it wait. */
    mostVcpus: whole(2, 4000),
    /** Workers that are kept warm, and paid for while the application is started. */
    warmWorkers: whole(0, 100),
  }),
]);

/** Least and most memory of a worker of EMR Serverless by its vCPUs, and the steps between, in GiB. */
const emrMemoryGiB: Readonly<Record<1 | 2 | 4 | 8 | 16, { least: number; most: number; step: number }>> = {
  1: { least: 2, most: 8, step: 1 },
  2: { least: 4, most: 16, step: 1 },
  4: { least: 8, most: 30, step: 1 },
  8: { least: 16, most: 60, step: 4 },
  16: { least: 32, most: 120, step: 8 },
};

export const stageSettings = z
  .strictObject({
    /** Where the stage may be deployed to. Null: wherever the credentials lead. */
    account: account.nullable(),
    region: region.nullable(),
    network,
    kafka,
    topics: z.strictObject({
      replication: whole(1, 3),
      /** A contract may ask for longer, never for less than this. */
      minimumRetentionHours: whole(1, 24 * 365),
    }),
    lake: z.strictObject({
      /** How long objects that were deleted or written over can be had back. */
      noncurrentDays: whole(1, 365),
      /** Bronze is copied there as it is written. Needs `account` and `region`. */
      replicaRegion: region.nullable(),
      /** True: column grants through Lake Formation, where the account has opted in. */
      lakeFormation: z.boolean(),
    }),
    functions: z.strictObject({
      /** A new account may have no more than 10 concurrent executions, of which none can be reserved. */
      reserveConcurrency: z.boolean(),
      /** X-Ray traces of each invocation. */
      tracing: z.boolean(),
    }),
    landing: z.strictObject({
      memoryMiB: whole(128, 10240),
      timeoutSeconds: whole(1, 900),
      batchSize: whole(1, 10_000),
      batchingWindowSeconds: whole(0, 300),
      pollers: z.strictObject({ minimum: whole(1, 200), maximum: whole(1, 2000) }),
    }),
    jobs: z.strictObject({
      runtime,
      /** `continuous` runs on; `available-now` reads what is there and ends, and is started again. */
      mode: z.enum(['continuous', 'available-now']),
      /** Length of a micro-batch. */
      triggerSeconds: whole(1, 3600),
      /** Upper bound of records in one micro-batch. */
      maxOffsets: whole(1, 100_000_000),
      shufflePartitions: whole(1, 10_000),
      /** A batch job that runs longer is stopped. */
      batchTimeoutMinutes: whole(1, 2880),
      /** The same of a rebuild, which may make all of silver. A week is Glue's most. */
      rebuildTimeoutMinutes: whole(1, 7 * 24 * 60),
    }),
    athena: z.strictObject({
      /** A query that scans more is cancelled. Athena's least is 10 MB. */
      scanLimitBytes: whole(10_000_000, 7_000_000_000_000_000),
      resultsExpireDays: whole(1, 3650),
      /** `millrace query --stage` takes an equal query's result that is no older. 0: never. */
      reuseMinutes: whole(0, 7 * 24 * 60),
      /** ARNs that may take the role that only reads. None: whoever the account itself allows to. */
      analysts: z.array(text(/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/.+$/, 'the ARN of a role or a user')),
    }),
    alarms: z.strictObject({
      /** Each must confirm the mail that AWS sends after the first deploy. */
      mail: z.array(z.email('must be a mail address')).max(20),
      /** Share of the records of an hour that may go to quarantine. */
      quarantineShare: z.number().gt(0).lt(1),
      /** How long a stream may be down, or the landing behind, before it is told. */
      downMinutes: whole(5, 24 * 60),
    }),
    budget: z.strictObject({
      /** Of everything in the stage; told at 80 % and at 100 %, spent or foreseen. */
      usdPerMonth: whole(1, 10_000_000),
    }),
    /** Name of a managed policy of the account, laid on every role as its permissions boundary. */
    permissionsBoundary: text(/^[\w+=,.@/-]{1,128}$/, 'the name of a managed policy').nullable(),
    /**
     * REST sources that are polled, as `DATASET/SOURCE`. To switch one on, make its secret, then name it here. The
     * schedules of all others are made and stand still.
     */
    sources: z.array(z.string().regex(/^[a-z][a-z0-9_]*\/[a-z][a-z0-9_]*$/, 'must be DATASET/SOURCE')),
    logRetentionDays: z.union(
      [z.literal(7), z.literal(30), z.literal(90), z.literal(365)],
      'must be 7, 30, 90 or 365',
    ),
    /** What becomes of buckets, key, brokers and tables when they leave the template. */
    removal: z.enum(['destroy', 'retain']),
  })
  .superRefine((stage, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const zones = zonesOf(stage);
    if (stage.kafka.kind === 'express' && zones !== 3) refuse(['network'], 'Express brokers need 3 zones');
    if (stage.kafka.kind === 'express' && stage.topics.replication !== 3)
      refuse(['topics', 'replication'], 'Express brokers replicate 3 times');
    if (stage.kafka.kind !== 'existing' && stage.topics.replication > zones * stage.kafka.perZone)
      refuse(['topics', 'replication'], `there are only ${zones * stage.kafka.perZone} brokers`);
    if (stage.kafka.kind === 'existing' && stage.network.kind === 'own')
      refuse(['network', 'kind'], 'must be existing: the VPC that the cluster stands in');
    if (stage.network.kind === 'existing')
      for (const part of ['subnetId', 'zone'] as const)
        if (repeats(stage.network.subnets.map((subnet) => subnet[part])))
          refuse(['network', 'subnets'], `each ${part} may be named once`);
    const named = zoneNamesOf(stage);
    const namedBy = stage.network.kind === 'own' ? 'zoneNames' : 'subnets';
    if (stage.network.kind === 'own' && named !== undefined) {
      if (named.length !== zones) refuse(['network', namedBy], `must be ${zones}, as zones says`);
      if (repeats(named)) refuse(['network', namedBy], 'each zone may be named once');
    }
    for (const zone of named ?? [])
      if (stage.region !== null && zone.slice(0, -1) !== stage.region)
        refuse(['network', namedBy], `${zone} is not in ${stage.region}`);
    if (stage.kafka.kind === 'existing') {
      const [, , , region, account] = stage.kafka.clusterArn.split(':');
      if (stage.region !== null && region !== stage.region)
        refuse(['kafka', 'clusterArn'], `must be in region ${stage.region}`);
      if (stage.account !== null && account !== stage.account)
        refuse(['kafka', 'clusterArn'], `must be of account ${stage.account}`);
    }
    if (stage.network.kind === 'own' && stage.network.endpointZones > stage.network.zones)
      refuse(['network', 'endpointZones'], `there are only ${stage.network.zones} zones`);
    if (stage.landing.pollers.minimum > stage.landing.pollers.maximum)
      refuse(['landing', 'pollers', 'minimum'], 'must not exceed maximum');
    if (stage.jobs.runtime.kind === 'emr-serverless') {
      const { workerVcpus, workerMemoryGiB, mostVcpus, warmWorkers } = stage.jobs.runtime;
      const { least, most, step } = emrMemoryGiB[workerVcpus];
      if (workerMemoryGiB < least || workerMemoryGiB > most || (workerMemoryGiB - least) % step !== 0)
        refuse(
          ['jobs', 'runtime', 'workerMemoryGiB'],
          `must be from ${least} to ${most} in steps of ${step} with ${workerVcpus} vCPUs`,
        );
      if (mostVcpus < 2 * workerVcpus)
        refuse(['jobs', 'runtime', 'mostVcpus'], 'must hold a driver and an executor');
      if (warmWorkers * workerVcpus > mostVcpus)
        refuse(['jobs', 'runtime', 'warmWorkers'], `must fit into ${mostVcpus} vCPUs`);
    }
    if (stage.lake.replicaRegion !== null && (stage.account === null || stage.region === null))
      refuse(['lake', 'replicaRegion'], 'needs account and region to be set');
    if (stage.lake.replicaRegion !== null && stage.lake.replicaRegion === stage.region)
      refuse(['lake', 'replicaRegion'], 'must be another region');
  });

export type StageSettings = z.infer<typeof stageSettings>;

const repeats = (names: readonly string[]) => new Set(names).size < names.length;

/** The availability zones that the settings name. Undefined: the first of the region. */
export function zoneNamesOf({ network: where }: Pick<StageSettings, 'network'>): string[] | undefined {
  return where.kind === 'own' ? (where.zoneNames ?? undefined) : where.subnets.map(({ zone }) => zone);
}

/** Number of availability zones. */
export function zonesOf({ network: where }: Pick<StageSettings, 'network'>): number {
  return where.kind === 'own' ? where.zones : where.subnets.length;
}
