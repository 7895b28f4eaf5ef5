import kafkajs, { type Admin } from 'kafkajs';
import pRetry from 'p-retry';
import { MillraceError } from '../../lib/errors.ts';
import { isObject, type Json } from '../template/template.ts';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

// A CommonJS module whose constants Node does not see as named exports.
const { ConfigResourceTypes } = kafkajs;

/**
 * The `Configs` of a topic: base64 of a JSON object or of `key=value` lines.
 *
 * @throws MR405 for anything else
 */
export function topicConfigs(encoded: string | undefined, logicalId: string): Record<string, string> {
  if (encoded === undefined) return {};
  const text = Buffer.from(encoded, 'base64').toString('utf8').trim();
  const wrong = (): MillraceError =>
    new MillraceError('MR405', 'property Configs must be base64 of topic settings', {
      where: logicalId,
      mend: 'encode a JSON object or lines of key=value',
    });
  if (text.startsWith('{')) {
    let settings: Json;
    try {
      settings = JSON.parse(text) as Json;
    } catch {
      throw wrong();
    }
    if (!isObject(settings)) throw wrong();
    return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
  }
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const equals = line.indexOf('=');
      if (equals < 1) throw wrong();
      return [line.slice(0, equals).trim(), line.slice(equals + 1).trim()];
    }),
  );
}

/** About ten seconds in all. */
const RETRY = { retries: 12, minTimeout: 100, maxTimeout: 1_000, factor: 1.5 } as const;

/** How many partitions a topic has. @throws where one of them has no leader yet */
async function partitionsOf(kafka: Admin, topic: string): Promise<number> {
  const { topics } = await kafka.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions ?? [];
  if (partitions.length === 0 || partitions.some(({ leader }) => leader < 0))
    throw new Error(`topic ${topic} has no leader for each partition yet`);
  return partitions.length;
}

/** AWS::MSK::Topic: a topic with the template's partitions and settings, on one replica. */
export const mskTopic: Provider = {
  needs: ['kafka'],
  async create(context, properties, logicalId) {
    const read = reader(properties, logicalId);
    const topic = read.text('TopicName');
    const partitions = read.number('PartitionCount');
    // One broker: a minimum of two replicas in sync would refuse every record.
    const { 'min.insync.replicas': _replicas, ...configs } = topicConfigs(
      read.optionalText('Configs'),
      logicalId,
    );
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const { kafka } = context.clients;

    const created = await kafka.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
      // kafkajs asks once for the leaders: a broker under load has not heard of the topic yet, and it would fail.
      waitForLeaders: false,
    });
    const present = await pRetry(() => partitionsOf(kafka, topic), RETRY);
    if (!created) {
      if (present < partitions)
        await kafka.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
      if (configEntries.length > 0) {
        const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
        await kafka.alterConfigs({ validateOnly: false, resources });
      }
    }
    const id = `${read.text('ClusterArn').replace(':cluster/', ':topic/')}/${topic}`;
    return { id, attributes: { TopicArn: id } };
  },
};
