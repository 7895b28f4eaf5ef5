import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { MillraceError } from '../lib/errors.ts';
import { type AwsService, type ClientConfig, clientConfig, makeClients } from './clients.ts';
import { demandSpace } from './disk-space.ts';
import { type External, externalServices } from './external.ts';
import { startInvokeApi } from './lambda/invoke-api.ts';
import type { Local, RunEndpoints } from './local.ts';
import { providerOf } from './resources/index.ts';
import { makeResources, type Resource } from './resources/make.ts';
import { refuseForeign } from './resources/never-local.ts';
import { publishAssets } from './resources/publish.ts';
import type { Context, LocalFunction } from './resources/resource.ts';
import { type ServiceName, startServices } from './services/all.ts';
import { createJobs } from './services/jobs.ts';
import { startJobsApi } from './services/jobs-api.ts';
import { type Credentials, localCredentials } from './services/minio.ts';
import { freePort, LOOPBACK } from './services/port.ts';
import type { ServiceExit } from './services/service.ts';
import type { Toolchain } from './services/toolchain.ts';
import {
  cleanUp,
  dropState,
  foldersOf,
  isAlive,
  ownProcess,
  readMemory,
  readState,
  type State,
  writeMemory,
  writeState,
} from './state.ts';
import { type FileAsset, readAssembly } from './template/assembly.ts';
import type { Pseudo } from './template/intrinsics.ts';
import { makePlan } from './template/plan.ts';

export interface EnvironmentOptions {
  /** Everything of this run is kept below: data, logs, state.json. */
  readonly stateDir: string;
  /** What `cdk synth` wrote. */
  readonly cdkOut: string;
  readonly toolchain: Toolchain;
  /** Gets short lines of progress, and later of what went wrong. */
  readonly log: (line: string) => void;
  /** Name of the stage that cdkOut was made for, for state.json. @default 'dev' */
  readonly stage?: string;
  /** False: neither triggers nor keep-alive start Spark jobs. @default true */
  readonly jobs?: boolean;
  /** Ports that must be taken. @default those of the run before, else free ones */
  readonly ports?: Readonly<Partial<Record<ServiceName, number>>>;
  /** Services that run elsewhere. @default what MILLRACE_ENDPOINT_… name (see external.ts) */
  readonly external?: External;
}

/** A running local environment, owned by this process. */
export interface Environment {
  readonly endpoints: RunEndpoints;
  readonly credentials: Credentials;
  /** By `StackId/LogicalId`. */
  readonly resources: Readonly<Record<string, Resource>>;
  /** Configuration of an AWS SDK client of one service. */
  clientConfig(service: AwsService): ClientConfig;
  /** Invokes a function by its name, as the event source mapping does. */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Told of a service that died and could not be brought back. */
  onFailure(callback: (exit: ServiceExit) => void): void;
  /** Stops everything in reverse order. `purge` also removes the state folder. Safe to call twice. */
  stop(options?: { readonly purge?: boolean }): Promise<void>;
}

const REGION = 'us-east-1';
/** The account that moto answers for. */
const ACCOUNT = '123456789012';

async function claim(stateDir: string, log: (line: string) => void): Promise<void> {
  const state = await readState(stateDir);
  if (state !== undefined && isAlive(state)) {
    throw new MillraceError('MR420', 'a local run is already up here', {
      where: `${stateDir} (process ${state.pid})`,
      mend: 'use it, or stop it with `millrace down`',
    });
  }
  const left = await cleanUp(stateDir);
  if (left.length > 0) log(`ended what an earlier run left behind: ${left.join(', ')}`);
}

function resolveBucket(asset: FileAsset, pseudo: Pseudo): FileAsset {
  const values: Readonly<Record<string, string>> = {
    AccountId: pseudo.account,
    Region: pseudo.region,
    Partition: pseudo.partition,
  };
  const bucket = asset.bucket.replace(/\$\{AWS::(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  return { ...asset, bucket };
}

/** Ended in the reverse of the order in which they came; one that fails to stop does not keep the others up. */
function createStops(log: (line: string) => void): {
  add(name: string, stop: () => Promise<void>): void;
  run(): Promise<void>;
} {
  const stops: { name: string; stop: () => Promise<void> }[] = [];
  return {
    add: (name, stop) => {
      stops.push({ name, stop });
    },
    run: async () => {
      for (const { name, stop } of stops.splice(0).reverse()) {
        await stop().catch((error: unknown) => log(`${name} did not stop cleanly: ${String(error)}`));
      }
    },
  };
}

/**
 * Reads cdk.out as CloudFormation would and makes its resources real on this machine.
 *
 * @throws MR400-MR406 and MR822 from the templates, before anything is started; MR410-MR413 from the services; MR420
 *   where a run is up in this folder already; MR424 where the disk is full. What was started is stopped again.
 */
export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { log, toolchain } = options;
  const stateDir = resolve(options.stateDir);
  const folders = foldersOf(stateDir);
  const begun = performance.now();
  const external = options.external ?? externalServices(process.env);

  const pseudo: Pseudo = {
    region: REGION,
    account: ACCOUNT,
    partition: 'aws',
    urlSuffix: 'amazonaws.com',
    zones: ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`),
  };
  const assembly = await readAssembly(options.cdkOut);
  const plan = makePlan(assembly, pseudo, (type) => providerOf(type) !== undefined);
  refuseForeign(plan.steps);

  await claim(stateDir, log);
  await mkdir(folders.data, { recursive: true, mode: 0o700 });
  await demandSpace(folders.data);
  const memory = await readMemory(stateDir);
  const credentials =
    external.credentials ?? (await localCredentials(join(folders.data, 'credentials.json')));

  const failures: ((exit: ServiceExit) => void)[] = [];
  const stops = createStops(log);
  try {
    log('starting Kafka, S3, the Glue catalog and Athena');
    const services = await startServices({
      toolchain,
      folders,
      credentials,
      region: REGION,
      fixedPorts: options.ports ?? {},
      portsBefore: memory.ports,
      external: external.endpoints,
      log,
      failed: (exit) => {
        log(`${exit.name} ended and could not be brought back\n${exit.tail}`);
        for (const callback of failures) callback(exit);
      },
    });
    stops.add('services', services.stop);
    const functions = new Map<string, LocalFunction>();
    const invokeApi = await startInvokeApi(
      functions,
      await freePort('lambda', { before: memory.ports.lambda }),
    );
    stops.add('invocation API', invokeApi.stop);
    const jobsPort = await freePort('jobs', { before: memory.ports.jobs });
    const local: Local = {
      region: REGION,
      account: ACCOUNT,
      partition: 'aws',
      endpoints: services.endpoints,
      functions: invokeApi.endpoint,
      glue: `http://${LOOPBACK}:${jobsPort}`,
      rest: external.rest ?? services.endpoints.aws,
      credentials,
      folders,
      toolchain,
    };
    const clients = makeClients(local);
    stops.add('clients', clients.close);
    const jobs = createJobs({
      local,
      log,
      enabled: options.jobs ?? true,
      fetch: async (uri) => {
        const { host, pathname } = new URL(uri);
        const object = await clients.s3.send(
          new GetObjectCommand({ Bucket: host, Key: decodeURIComponent(pathname.slice(1)) }),
        );
        return Buffer.from((await object.Body?.transformToByteArray()) ?? []);
      },
    });

    const jobsApi = await startJobsApi(jobs, { port: jobsPort, catalog: services.endpoints.aws });
    stops.add('job API', jobsApi.stop);
    const endpoints: RunEndpoints = {
      ...services.endpoints,
      jobs: jobsApi.endpoint,
      lambda: invokeApi.endpoint,
    };
    const where = { endpoints, region: REGION, credentials };
    const state: State = {
      version: 1,
      ...ownProcess(),
      ready: false,
      stage: options.stage ?? 'dev',
      startedAt: new Date().toISOString(),
      endpoints,
      credentials,
      region: REGION,
      account: ACCOUNT,
      resources: {},
    };
    await writeState(stateDir, state);
    stops.add('state.json', () => dropState(stateDir));

    const assets = assembly.assets.map((asset) => resolveBucket(asset, pseudo));
    const byPlace = new Map(assets.map((asset) => [`${asset.bucket}/${asset.key}`, asset]));
    const published = services.ready('s3').then(() => publishAssets(clients.s3, assets));
    const ready = {
      kafka: services.ready('kafka').then(() => clients.kafka.connect()),
      s3: published,
      aws: services.ready('aws'),
      athena: services.ready('athena'),
    };
    for (const promise of Object.values(ready)) promise.catch(() => undefined); // Met again by whoever needs it.

    const context = (stack: Context['stack']): Context => ({
      stack,
      local,
      clients,
      functions,
      jobs,
      log,
      asset: (bucket, key) => byPlace.get(`${bucket}/${key}`),
      onStop: stops.add,
    });
    // Last to be added is first to be stopped: nothing reads or writes while the services end.
    stops.add('jobs', jobs.stop);
    const made = await makeResources({
      plan,
      pseudo,
      before: memory.resources,
      ready: (need) => ready[need],
      context,
    });
    await Promise.all(Object.values(ready));

    const resources = Object.fromEntries(made);
    const portOf = (url: string): number => Number(new URL(url).port);
    const own = { jobs: portOf(endpoints.jobs), lambda: portOf(endpoints.lambda) };
    await writeMemory(stateDir, { ports: { ...services.ports, ...own }, resources });
    await writeState(stateDir, { ...state, ready: true, resources });
    log(`${made.size} resources are up (${((performance.now() - begun) / 1000).toFixed(1)} s)`);

    return {
      endpoints,
      credentials,
      resources,
      clientConfig: (service) => clientConfig(where, service),
      invoke: async (name, event) => {
        const target = functions.get(name);
        if (target === undefined) {
          throw new MillraceError('MR422', `there is no function ${name}`, {
            where: stateDir,
            mend: `name one of: ${[...functions.keys()].join(', ')}`,
          });
        }
        return target.invoke(event);
      },
      onFailure: (callback) => {
        failures.push(callback);
      },
      stop: async (how = {}) => {
        await stops.run();
        if (how.purge === true) await rm(stateDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stops.run();
    throw error;
  }
}
