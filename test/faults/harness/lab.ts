import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { type AuditPlaces, auditPlaces } from '../../../bin/command/audit/places.ts';
import { markKept, OUTSIDE } from '../../../bin/command/demo/leftovers.ts';
import { bucketOf, millraceFolder } from '../../../bin/command/running.ts';
import { localPlace, type StagePlace } from '../../../bin/command/stage-place.ts';
import { ensureSynthesised } from '../../../bin/command/synthesis.ts';
import { readToolchain } from '../../../bin/setup/toolchain.js';
import type { AuditPlace } from '../../../lambdas/audit/dataset-audit.ts';
import type { Dataset } from '../../../lib/contract/dataset.ts';
import { datasetNamed } from '../../../lib/datasets/index.ts';
import { launch } from '../../../localstack/launch.ts';
import type { Local } from '../../../localstack/local.ts';
import { startAws } from '../../../localstack/services/aws.ts';
import { localCredentials, startMinio } from '../../../localstack/services/minio.ts';
import { freePort } from '../../../localstack/services/port.ts';
import { foldersOf, type State, stopRun } from '../../../localstack/state.ts';
import type { Source } from './lake.ts';
import { type FaultProxy, startProxy } from './proxy.ts';
import { changedTemplates, type Settings, suiteSettings } from './templates.ts';
import { startWitness, type Witness } from './witness.ts';

/** A local run of the shipped code, with a proxy before its S3 and one before its catalog. */
export interface Lab {
  /** As it is deployed. */
  readonly dataset: Dataset;
  readonly state: State;
  readonly stateDir: string;
  /** Names in the templates. */
  readonly names: { readonly silver: string; readonly landing: string; readonly group: string };
  /** Bucket of the lake by its name in the stacks. */
  bucket(name: string): string;
  readonly s3Proxy: FaultProxy;
  readonly awsProxy: FaultProxy;
  /** S3 itself, past the proxy. */
  readonly s3: S3Client;
  readonly place: StagePlace;
  readonly audit: AuditPlace;
  readonly source: Source;
  /** The facts by which the mirror starts its own processes. */
  readonly local: Local;
  readonly witness: Witness;
  /** Makes the landing misbehave once; see landing-saboteur.mjs. */
  readonly sabotageFile: string;
  /** Folder of the process records. */
  readonly processes: string;
  readonly logs: string;
  /** Done when the lab is closed. */
  atClose(task: () => Promise<unknown>): void;
  /** Deploys other templates over the run, with their contract; its data stays. */
  deploy(cdkOut: string, dataset: Dataset): Promise<void>;
  /** Stops everything; deletes its data unless it is kept. */
  close(keep: boolean): Promise<void>;
}

const SABOTEUR = fileURLToPath(new URL('./landing-saboteur.mjs', import.meta.url));
const REGION = 'us-east-1';
/** Runs of this process: each has a folder of its own. */
let opened = 0;

const SUITE = { landingTimeoutSeconds: 10, maxOffsets: 6_000, triggerSeconds: 1 } as const;

export interface LabOptions extends Partial<Pick<Settings, 'maxOffsets' | 'triggerSeconds'>> {
  readonly dataset: string;
  readonly say: (line: string) => void;
}

export async function openLab(options: LabOptions): Promise<Lab> {
  const { say, maxOffsets = SUITE.maxOffsets, triggerSeconds = SUITE.triggerSeconds } = options;
  const dataset = await datasetNamed(options.dataset);
  const { manifest } = dataset;
  opened += 1;
  const stateDir = join(millraceFolder, `faults-${process.pid}-${opened}`);
  const folders = foldersOf(stateDir);
  const toolchain = readToolchain();
  const sabotageFile = join(stateDir, 'sabotage');
  const stops: (() => Promise<unknown>)[] = [];
  const close = async (keep: boolean): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop().catch((error: unknown) => say(String(error)));
    await (keep ? markKept(stateDir) : rm(stateDir, { recursive: true, force: true }));
  };
  try {
    await mkdir(folders.data, { recursive: true });
    const synthesised = await ensureSynthesised({ log: say, datasets: [manifest.dataset] });
    const templatesOf = (cdkOut: string, name: string): Promise<string> =>
      changedTemplates(
        cdkOut,
        join(stateDir, name),
        suiteSettings({
          landingTimeoutSeconds: SUITE.landingTimeoutSeconds,
          maxOffsets,
          triggerSeconds,
          landing: { NODE_OPTIONS: `--import=${SABOTEUR}`, MILLRACE_SABOTAGE: sabotageFile },
        }),
      );
    const credentials = await localCredentials(join(folders.data, 'credentials.json'));
    const kafkaPort = await freePort('kafka');
    // Not among the run's own processes: a new `up` would end them.
    const records = join(stateDir, OUTSIDE);
    const common = { credentials, region: REGION, records };
    const log = (name: string) => ({
      logFile: join(folders.logs, `${name}.log`),
      dataDir: join(folders.data, name),
    });
    await mkdir(folders.logs, { recursive: true });
    const minio = await startMinio({ ...common, ...log('s3'), minio: toolchain.minio });
    stops.push(() => minio.stop());
    const s3Proxy = await startProxy(minio.endpoint);
    stops.push(() => s3Proxy.close());
    const aws = await startAws({
      ...common,
      ...log('aws'),
      python: toolchain.python,
      s3Endpoint: minio.endpoint,
      bootstrapBrokers: `127.0.0.1:${kafkaPort}`,
    });
    stops.push(() => aws.stop());
    const awsProxy = await startProxy(aws.endpoint);
    stops.push(() => awsProxy.close());

    const start = (templates: string): Promise<State> =>
      launch({
        stateDir,
        cdkOut: templates,
        toolchain,
        stage: 'dev',
        log: say,
        ports: { kafka: kafkaPort },
        external: { endpoints: { s3: s3Proxy.endpoint, aws: awsProxy.endpoint }, credentials },
      });
    const state = await start(await templatesOf(synthesised, 'cdk.out'));
    stops.push(() => stopRun(stateDir));
    let connected = await connect(state, stateDir, dataset);
    stops.push(() => connected.close());
    const s3 = new S3Client({ endpoint: minio.endpoint, region: REGION, credentials, forcePathStyle: true });
    stops.push(async () => s3.destroy());
    const witness = startWitness(state.endpoints.kafka, manifest.topic.name);
    stops.push(() => witness.stop());
    const stem = `millrace-${state.stage}-${manifest.dataset}`;
    return {
      get dataset() {
        return connected.dataset;
      },
      get state() {
        return connected.state;
      },
      stateDir,
      names: { silver: `${stem}-silver`, landing: `${stem}-land`, group: `${stem}-land` },
      bucket: (name) => bucketOf(connected.state, name),
      s3Proxy,
      awsProxy,
      s3,
      get place() {
        return connected.place;
      },
      get audit() {
        return connected.audit;
      },
      get source() {
        const { manifest } = connected.dataset;
        return { state: connected.state, manifest, s3: minio.endpoint, glue: aws.endpoint };
      },
      get local() {
        const { region, account, endpoints } = connected.state;
        const services = {
          endpoints,
          functions: endpoints.lambda,
          glue: endpoints.jobs,
          rest: endpoints.aws,
        };
        return { region, account, partition: 'aws', ...services, credentials, folders, toolchain };
      },
      witness,
      sabotageFile,
      processes: folders.processes,
      logs: folders.logs,
      // First to be added, last to be done: the run may still use what goes.
      atClose: (task) => void stops.unshift(task),
      deploy: async (cdkOut, next) => {
        const templates = await templatesOf(cdkOut, 'cdk.out-next');
        await connected.close();
        await witness.stop();
        await stopRun(stateDir);
        connected = await connect(await start(templates), stateDir, next);
      },
      close,
    };
  } catch (error) {
    await close(true);
    throw error;
  }
}

/** What the suite asks a run by. */
async function connect(state: State, stateDir: string, dataset: Dataset) {
  const { manifest } = dataset;
  const place = localPlace(state, stateDir);
  const places: AuditPlaces = await auditPlaces(state);
  const audit = places.places.find((one) => one.manifest.dataset === manifest.dataset);
  if (audit === undefined) throw new Error(`the run has no landing of ${manifest.dataset}`);
  return {
    dataset,
    state,
    place,
    audit: { ...audit, manifest },
    async close() {
      place.close();
      await places.close();
    },
  };
}
