/**
 * What differs between stages, as data. Everything else about a deployment follows from the contracts.
 *
 * A stage is checked whole before anything is built from it, so a wrong setting fails at synth and not in a deploy.
 */
import { z } from 'zod';
import type { Manifest } from './contract/manifest.ts';
import { MillraceError } from './errors.ts';

const whole = (min: number, max: number) => z.number().int().min(min).max(max);

/** Standard brokers own their volumes; Express brokers have none to size and demand three zones. */
const brokers = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('standard'),
    instanceType: z.enum(['kafka.t3.small', 'kafka.m7g.large', 'kafka.m7g.xlarge', 'kafka.m7g.2xlarge']),
    perZone: whole(1, 10),
    /** Volume of one broker. */
    volumeGiB: whole(1, 16384),
  }),
  z.strictObject({
    kind: z.literal('express'),
    instanceType: z.enum([
      'express.m7g.large',
      'express.m7g.xlarge',
      'express.m7g.2xlarge',
      'express.m7g.4xlarge',
    ]),
    perZone: whole(1, 10),
  }),
]);

const settings = z
  .strictObject({
    /** Availability zones of the VPC; brokers stand in each. */
    zones: z.union([z.literal(2), z.literal(3)]),
    /** One interface endpoint a zone costs; in dev the jobs' zone is enough. */
    endpointZones: whole(1, 3),
    kafkaVersion: z.enum(['3.8.x', '3.9.x']),
    brokers,
    topics: z.strictObject({
      replication: whole(1, 3),
      /** A contract may ask for longer, never for less than this. */
      minimumRetentionHours: whole(1, 24 * 365),
    }),
    landing: z.strictObject({
      memoryMiB: whole(128, 10240),
      timeoutSeconds: whole(1, 900),
      batchSize: whole(1, 10_000),
      batchingWindowSeconds: whole(0, 300),
      pollers: z.strictObject({ minimum: whole(1, 200), maximum: whole(1, 2000) }),
    }),
    jobs: z.strictObject({
      workerType: z.enum(['G.1X', 'G.2X', 'G.4X', 'G.8X']),
      workers: whole(2, 299),
      /** `continuous` runs on; `available-now` reads what is there and ends, the trigger starts it again. */
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
    }),
    /**
     * REST sources that are polled, as `DATASET/SOURCE`. To switch one on, make its secret, then name it here. The
     * schedules of all others are made and stand still.
     */
    sources: z.array(z.string().regex(/^[a-z][a-z0-9_]*\/[a-z][a-z0-9_]*$/, 'must be DATASET/SOURCE')),
    logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]),
    /** What becomes of buckets, key, brokers and tables when they leave the template. */
    removal: z.enum(['destroy', 'retain']),
  })
  .superRefine((stage, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (stage.brokers.kind === 'express' && stage.zones !== 3)
      refuse(['zones'], 'Express brokers need 3 zones');
    if (stage.brokers.kind === 'express' && stage.topics.replication !== 3)
      refuse(['topics', 'replication'], 'Express brokers replicate 3 times');
    if (stage.topics.replication > stage.zones * stage.brokers.perZone)
      refuse(['topics', 'replication'], `there are only ${stage.zones * stage.brokers.perZone} brokers`);
    if (stage.endpointZones > stage.zones) refuse(['endpointZones'], `there are only ${stage.zones} zones`);
    if (stage.landing.pollers.minimum > stage.landing.pollers.maximum)
      refuse(['landing', 'pollers', 'minimum'], 'must not exceed maximum');
  });

export type StageSettings = z.infer<typeof settings>;
export type StageName = 'dev' | 'prod';

export interface Stage extends StageSettings {
  readonly name: StageName;
}

const stages: Readonly<Record<StageName, StageSettings>> = {
  dev: {
    zones: 2,
    endpointZones: 1,
    kafkaVersion: '3.8.x',
    brokers: { kind: 'standard', instanceType: 'kafka.t3.small', perZone: 1, volumeGiB: 20 },
    topics: { replication: 2, minimumRetentionHours: 24 },
    landing: {
      memoryMiB: 1024,
      timeoutSeconds: 60,
      batchSize: 10_000,
      batchingWindowSeconds: 1,
      pollers: { minimum: 1, maximum: 2 },
    },
    jobs: {
      workerType: 'G.1X',
      workers: 2,
      mode: 'continuous',
      triggerSeconds: 5,
      maxOffsets: 200_000,
      shufflePartitions: 4,
      batchTimeoutMinutes: 60,
      rebuildTimeoutMinutes: 480,
    },
    athena: { scanLimitBytes: 10_000_000_000, resultsExpireDays: 7 },
    sources: [],
    logRetentionDays: 7,
    removal: 'destroy',
  },
  prod: {
    zones: 3,
    endpointZones: 3,
    kafkaVersion: '3.8.x',
    brokers: { kind: 'express', instanceType: 'express.m7g.large', perZone: 1 },
    // A week: time to mend a stopped consumer before Kafka forgets what it has not read.
    topics: { replication: 3, minimumRetentionHours: 168 },
    landing: {
      memoryMiB: 1769,
      timeoutSeconds: 60,
      batchSize: 10_000,
      batchingWindowSeconds: 30,
      pollers: { minimum: 1, maximum: 20 },
    },
    jobs: {
      workerType: 'G.1X',
      workers: 4,
      mode: 'continuous',
      triggerSeconds: 60,
      maxOffsets: 2_000_000,
      shufflePartitions: 16,
      batchTimeoutMinutes: 120,
      rebuildTimeoutMinutes: 2880,
    },
    athena: { scanLimitBytes: 1_000_000_000_000, resultsExpireDays: 30 },
    sources: [],
    logRetentionDays: 365,
    removal: 'retain',
  },
};

/** The names `-c stage=` takes. */
export const stageNames: readonly StageName[] = ['dev', 'prod'];

/** A stage's settings, checked. Throws MR201 naming each wrong setting and what it allows. */
export function checkedStage(name: StageName, candidate: unknown): Stage {
  const result = settings.safeParse(candidate);
  if (result.success) return { name, ...result.data };
  const wrong = result.error.issues.map((issue) => `${issue.path.join('.') || 'stage'}: ${issue.message}`);
  throw new MillraceError('MR201', `stage ${name} has settings that cannot be deployed`, {
    where: `lib/stages.ts, ${wrong.join('; ')}`,
    mend: 'set each named setting to one of the values it allows',
  });
}

/** The stage of that name. `undefined` means dev. Throws MR200 for any other name than `stageNames`. */
export function stageOf(name: unknown = 'dev'): Stage {
  const known = stageNames.find((candidate) => candidate === name);
  if (known === undefined)
    throw new MillraceError('MR200', `there is no stage ${JSON.stringify(name)}`, {
      where: 'the CDK context value `stage`',
      mend: `pass one of them: ${stageNames.map((stage) => `-c stage=${stage}`).join(' or ')}`,
    });
  return checkedStage(known, stages[known]);
}

/** Holds the stage's `sources` to what the datasets have. @throws MillraceError MR202 */
export function checkSources(
  stage: Pick<Stage, 'name' | 'sources'>,
  manifests: readonly Pick<Manifest, 'dataset' | 'sources'>[],
): void {
  const known = manifests.flatMap(({ dataset, sources }) =>
    sources.filter(({ kind }) => kind === 'rest').map(({ name }) => `${dataset}/${name}`),
  );
  const unknown = stage.sources.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new MillraceError('MR202', `there is no REST source ${unknown.join(', ')}`, {
    where: `lib/stages.ts, sources of stage ${stage.name}`,
    mend: known.length === 0 ? 'no dataset declares one' : `name one of: ${known.join(', ')}`,
  });
}
