import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { MillraceError } from '../../lib/errors.ts';
import { baseEnvironment, type Child, startChild } from './child.ts';
import { accepts } from './health.ts';
import { freePort, LOOPBACK, type PortWish } from './port.ts';

export interface KafkaOptions {
  /** JAVA_HOME. */
  readonly java: string;
  /** Folder with the broker's jars. */
  readonly jars: string;
  /** Kept over restarts: configuration, log segments, cluster id. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly records: string;
  readonly port?: PortWish;
}

const run = promisify(execFile);

/** Small enough for a laptop beside Spark; a broker with default heap takes 1 GB. */
const HEAP = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC'];
/** The quick compiler alone: up in half the time, and far from the bottleneck at a laptop's rates. */
const COMPILER = ['-XX:TieredStopAtLevel=1'];

export function serverProperties(
  port: number,
  controllerPort: number,
  dataDir: string,
): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    // A static voter, not --standalone: the controller's port may then differ from one start to the next.
    'controller.quorum.voters': `1@${LOOPBACK}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${LOOPBACK}:${port},CONTROLLER://${LOOPBACK}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(dataDir, 'segments'),
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // After a kill the old registration must expire before the broker may register again: 4 s instead of 15.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'log.cleaner.dedupe.buffer.size': String(8 * 1024 * 1024),
  };
}

const LOG4J = `status=ERROR
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %c{1}: %m%n
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=INFO
`;

async function clusterId(dataDir: string): Promise<string> {
  const path = join(dataDir, 'cluster-id');
  if (existsSync(path)) return (await readFile(path, 'utf8')).trim();
  const id = randomBytes(16).toString('base64url');
  await writeFile(path, `${id}\n`);
  return id;
}

async function serves(address: string): Promise<boolean> {
  // The port first: kafkajs waits a second for a connection that is refused.
  if (!(await accepts(address))) return false;
  const kafka = new Kafka({
    brokers: [address],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    return cluster.brokers.length > 0 && cluster.controller !== null && cluster.controller >= 0;
  } finally {
    await admin.disconnect();
  }
}

async function format(java: string, classpath: readonly string[], properties: string, dataDir: string) {
  // With an equals sign: an id may begin with a hyphen, and would be read as an option.
  const id = `--cluster-id=${await clusterId(dataDir)}`;
  const tool = ['kafka.tools.StorageTool', 'format', '--ignore-formatted', id, '--config', properties];
  try {
    await run(java, [...COMPILER, ...classpath, ...tool], { env: baseEnvironment() });
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? cause).trim();
    throw new MillraceError('MR411', `the Kafka storage cannot be formatted: ${said.split('\n').at(-1)}`, {
      where: dataDir,
      mend: 'run `millrace doctor`; a JDK 17 and the broker jars are needed',
      cause,
    });
  }
}

/** A one-node KRaft broker on the loopback address; endpoint `HOST:PORT`. */
export async function startKafka(options: KafkaOptions): Promise<Child> {
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true });
  const port = await freePort('kafka', options.port);
  const properties = join(dataDir, 'server.properties');
  const settings = serverProperties(port, await freePort('the kafka controller'), dataDir);
  await writeFile(
    properties,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const log4j = join(dataDir, 'log4j2.properties');
  await writeFile(log4j, LOG4J);

  const java = join(options.java, 'bin', 'java');
  const classpath = ['-cp', join(options.jars, '*'), `-Dlog4j2.configurationFile=${log4j}`];
  if (!existsSync(join(dataDir, 'segments', 'meta.properties'))) {
    await format(java, classpath, properties, dataDir);
  }
  const address = `${LOOPBACK}:${port}`;
  return startChild({
    name: 'kafka',
    endpoint: address,
    command: java,
    args: [...HEAP, ...COMPILER, ...classpath, 'kafka.Kafka', properties],
    env: baseEnvironment(),
    cwd: dataDir,
    logFile: options.logFile,
    records: options.records,
    healthy: () => serves(address),
    graceMs: 15_000,
  });
}
