import { join } from 'node:path';
import type { Endpoints, Folders } from '../local.ts';
import { startAthena } from './athena.ts';
import { startAws } from './aws.ts';
import type { Child } from './child.ts';
import { startKafka } from './kafka.ts';
import { type Credentials, startMinio } from './minio.ts';
import { freePort, LOOPBACK } from './port.ts';
import type { ServiceExit } from './service.ts';
import { type Supervised, supervise } from './supervised.ts';
import type { Toolchain } from './toolchain.ts';

export type ServiceName = keyof Endpoints;

export interface ServicesOptions {
  readonly toolchain: Toolchain;
  readonly folders: Folders;
  readonly credentials: Credentials;
  readonly region: string;
  /** Ports the user demands. */
  readonly fixedPorts: Readonly<Partial<Record<ServiceName, number>>>;
  /** Ports of the run before, taken again where they are free. */
  readonly portsBefore: Readonly<Partial<Record<string, number>>>;
  /** Services that run elsewhere: they are used and not started. */
  readonly external: Readonly<Partial<Endpoints>>;
  readonly log: (line: string) => void;
  readonly failed: (exit: ServiceExit) => void;
}

export interface Services {
  readonly endpoints: Endpoints;
  readonly ports: Readonly<Record<string, number>>;
  /** Resolves when it serves; rejects when it could not be started. */
  ready(name: ServiceName): Promise<unknown>;
  stop(): Promise<void>;
}

const NAMES: readonly ServiceName[] = ['kafka', 's3', 'aws', 'athena'];
const TITLES: Readonly<Record<ServiceName, string>> = {
  kafka: 'Kafka',
  s3: 'S3',
  aws: 'Glue catalog',
  athena: 'Athena',
};

/** Ports first: each service is told where the others will be, so that all can start at once. */
async function choosePorts(options: ServicesOptions): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const name of NAMES) {
    if (options.external[name] !== undefined) continue;
    ports[name] = await freePort(name, {
      fixed: options.fixedPorts[name],
      before: options.portsBefore[name],
    });
  }
  return ports;
}

/** Starts what is not given from outside, side by side; returns at once, `ready` tells when each serves. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { folders, toolchain, external, credentials, region } = options;
  const ports = await choosePorts(options);
  const url = (name: ServiceName): string => external[name] ?? `http://${LOOPBACK}:${ports[name]}`;
  const endpoints: Endpoints = {
    kafka: external.kafka ?? `${LOOPBACK}:${ports.kafka}`,
    s3: url('s3'),
    aws: url('aws'),
    athena: url('athena'),
  };

  const place = (name: ServiceName) => ({
    dataDir: join(folders.data, name),
    logFile: join(folders.logs, `${name === 's3' ? 'minio' : name}.log`),
    records: folders.processes,
    port: { fixed: ports[name] },
    region,
    credentials,
    s3Endpoint: endpoints.s3,
    python: toolchain.python,
  });
  const starts: Readonly<Record<ServiceName, () => Promise<Child>>> = {
    kafka: () => startKafka({ ...place('kafka'), java: toolchain.java, jars: toolchain.jarsKafka }),
    s3: () => startMinio({ ...place('s3'), minio: toolchain.minio }),
    aws: () => startAws({ ...place('aws'), bootstrapBrokers: endpoints.kafka }),
    athena: () => startAthena({ ...place('athena'), glueEndpoint: endpoints.aws }),
  };

  const begun = performance.now();
  const running = new Map<ServiceName, Promise<Supervised | undefined>>();
  for (const name of NAMES) {
    if (external[name] !== undefined) {
      options.log(`${TITLES[name]} is given: ${endpoints[name]}`);
      running.set(name, Promise.resolve(undefined));
      continue;
    }
    const service = supervise({ start: starts[name], log: options.log, failed: options.failed });
    service.then(
      () => options.log(`${TITLES[name]} is up (${((performance.now() - begun) / 1000).toFixed(1)} s)`),
      () => undefined, // Told by `ready`.
    );
    running.set(name, service);
  }
  return {
    endpoints,
    ports,
    ready: (name) => running.get(name) ?? Promise.resolve(),
    stop: async () => {
      const settled = await Promise.allSettled(running.values());
      await Promise.all(
        settled.map((service) => (service.status === 'fulfilled' ? service.value?.stop() : undefined)),
      );
    },
  };
}
