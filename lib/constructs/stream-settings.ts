import type { Stage } from '../stages.ts';

/** Brokers that are made for the stage. */
export type OwnKafka = Exclude<Stage['kafka'], { kind: 'existing' }>;

/**
 * Replicas that must have a record before it is acknowledged: with two replicas one, since with both no broker could
 * restart without stopping every producer.
 */
const leastInSync = (replication: number): string => (replication >= 3 ? '2' : '1');

/**
 * What a topic's configuration holds besides what its contract says. Express brokers keep two in-sync replicas and let
 * nobody set it; of a cluster that is there already nothing says which brokers it has, so its own setting holds.
 */
export function stageTopicConfigs({ kafka, topics }: Stage): Readonly<Record<string, string>> {
  return kafka.kind === 'standard' ? { 'min.insync.replicas': leastInSync(topics.replication) } : {};
}

/** `server.properties` of the brokers: what MSK would set otherwise, of what it lets be set. */
const serverProperties: Readonly<
  Record<OwnKafka['kind'], (stage: Stage) => Readonly<Record<string, string>>>
> = {
  standard: ({ topics }) => ({
    'auto.create.topics.enable': 'false',
    'default.replication.factor': String(topics.replication),
    'min.insync.replicas': leastInSync(topics.replication),
    // A partition without its in-sync replicas waits for one of them: no acknowledged record is given up.
    'unclean.leader.election.enable': 'false',
  }),
  // Replication, in-sync replicas and elections are fixed by MSK, to the same ends.
  express: () => ({ 'auto.create.topics.enable': 'false' }),
};

/** In the form of a properties file. */
export function serverPropertiesOf(stage: Stage, { kind }: OwnKafka): string {
  return Object.entries(serverProperties[kind](stage))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** As metrics name it. */
export function clusterNameOf({ name, kafka }: Stage): string {
  if (kafka.kind !== 'existing') return `millrace-${name}`;
  const [, cluster = ''] = kafka.clusterArn.split('/');
  return cluster;
}
