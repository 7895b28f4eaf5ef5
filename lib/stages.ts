/**
 * What differs between stages, as data. Everything else about a deployment follows from the contracts.
 *
 * A stage is checked whole before anything is built from it, so a wrong setting fails at synth and not in a deploy.
 */
import type { Manifest } from './contract/manifest.ts';
import { MillraceError } from './errors.ts';
import { type StageSettings, stageSettings } from './stage-settings.ts';

export type StageName = 'dev' | 'staging' | 'prod';

export interface Stage extends StageSettings {
  readonly name: StageName;
}

/** As prod runs, and small; what differs is said there. */
const staging: StageSettings = {
  account: null,
  region: null,
  network: { kind: 'own', zones: 3, endpointZones: 1 },
  kafka: { kind: 'express', version: '3.8.x', instanceType: 'express.m7g.large', perZone: 1 },
  topics: { replication: 3, minimumRetentionHours: 72 },
  lake: { noncurrentDays: 7, replicaRegion: null, lakeFormation: false },
  functions: { reserveConcurrency: true, tracing: true },
  landing: {
    memoryMiB: 1769,
    timeoutSeconds: 60,
    batchSize: 10_000,
    batchingWindowSeconds: 30,
    pollers: { minimum: 1, maximum: 4 },
  },
  jobs: {
    runtime: { kind: 'glue', streamWorker: 'G.1X', batchWorker: 'G.1X', workers: 4 },
    mode: 'continuous',
    triggerSeconds: 60,
    maxOffsets: 2_000_000,
    shufflePartitions: 16,
    batchTimeoutMinutes: 120,
    rebuildTimeoutMinutes: 2880,
  },
  athena: { scanLimitBytes: 100_000_000_000, resultsExpireDays: 14, reuseMinutes: 60, analysts: [] },
  alarms: { mail: [], quarantineShare: 0.05, downMinutes: 30 },
  budget: { usdPerMonth: 5_000 },
  permissionsBoundary: null,
  sources: [],
  logRetentionDays: 30,
  removal: 'destroy',
};

const stages: Readonly<Record<StageName, StageSettings>> = {
  dev: {
    account: null,
    region: null,
    network: { kind: 'own', zones: 2, endpointZones: 1 },
    kafka: { kind: 'standard', version: '3.8.x', instanceType: 'kafka.t3.small', perZone: 1, volumeGiB: 20 },
    topics: { replication: 2, minimumRetentionHours: 24 },
    lake: { noncurrentDays: 1, replicaRegion: null, lakeFormation: false },
    // A new account can reserve none.
    functions: { reserveConcurrency: false, tracing: true },
    landing: {
      memoryMiB: 1024,
      timeoutSeconds: 60,
      batchSize: 10_000,
      batchingWindowSeconds: 1,
      pollers: { minimum: 1, maximum: 2 },
    },
    jobs: {
      runtime: { kind: 'glue', streamWorker: 'G.025X', batchWorker: 'G.1X', workers: 2 },
      mode: 'continuous',
      triggerSeconds: 5,
      maxOffsets: 200_000,
      shufflePartitions: 4,
      batchTimeoutMinutes: 60,
      rebuildTimeoutMinutes: 480,
    },
    athena: { scanLimitBytes: 10_000_000_000, resultsExpireDays: 7, reuseMinutes: 0, analysts: [] },
    alarms: { mail: [], quarantineShare: 0.05, downMinutes: 15 },
    budget: { usdPerMonth: 1_000 },
    permissionsBoundary: null,
    sources: [],
    logRetentionDays: 7,
    removal: 'destroy',
  },
  staging,
  prod: {
    ...staging,
    network: { kind: 'own', zones: 3, endpointZones: 3 },
    // A week: time to mend a stopped consumer before Kafka forgets what it has not read.
    topics: { replication: 3, minimumRetentionHours: 168 },
    lake: { noncurrentDays: 30, replicaRegion: null, lakeFormation: false },
    landing: { ...staging.landing, pollers: { minimum: 1, maximum: 20 } },
    athena: { scanLimitBytes: 1_000_000_000_000, resultsExpireDays: 30, reuseMinutes: 60, analysts: [] },
    budget: { usdPerMonth: 8_000 },
    logRetentionDays: 365,
    removal: 'retain',
  },
};

/** The names `-c stage=` takes. */
export const stageNames: readonly StageName[] = ['dev', 'staging', 'prod'];

/** A stage's settings, checked. Throws MR201 naming each wrong setting and what it allows. */
export function checkedStage(name: StageName, candidate: unknown): Stage {
  const result = stageSettings.safeParse(candidate);
  if (result.success) return { name, ...result.data };
  const wrong = result.error.issues.map((issue) => `${issue.path.join('.') || 'stage'}: ${issue.message}`);
  throw new MillraceError('MR201', `stage ${name} has settings that cannot be deployed`, {
    where: `lib/stages.ts, ${wrong.join('; ')}`,
    mend: 'set each named setting to one of the values it allows',
  });
}

/**
 * The stage of that name. `undefined` means dev. Throws MR200 for any other name than `stageNames`.
 * @param by what named it: an option of a command; @default the CDK's context
 */
export function stageOf(name: unknown = 'dev', by?: '--stage'): Stage {
  const known = stageNames.find((candidate) => candidate === name);
  if (known === undefined)
    throw new MillraceError('MR200', `there is no stage ${JSON.stringify(name)}`, {
      where: by ?? 'the CDK context value `stage`',
      mend: `pass one of them: ${stageNames.map((stage) => `${by === undefined ? '-c stage=' : `${by} `}${stage}`).join(' or ')}`,
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
