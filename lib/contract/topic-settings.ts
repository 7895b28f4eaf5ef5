import type { Manifest } from './manifest.ts';
import { publicationsOf } from './publication.ts';

export interface TopicSettings {
  readonly name: string;
  readonly partitions: number;
  /** Kafka topic configuration, as its documentation names it. */
  readonly configs: Readonly<Record<string, string>>;
}

const HOUR_MS = 3_600_000;

/**
 * The Kafka topic of a dataset. Never compacted: an audit counts every offset. The time of a record is the broker's,
 * so that no producer's clock decides where bronze puts it.
 * @param leastRetentionHours what the stage demands at least; @default none
 */
export function topicSettingsOf({ topic }: Pick<Manifest, 'topic'>, leastRetentionHours = 0): TopicSettings {
  return {
    name: topic.name,
    partitions: topic.partitions,
    configs: {
      'cleanup.policy': 'delete',
      'retention.ms': String(Math.max(topic.retentionHours, leastRetentionHours) * HOUR_MS),
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': String(topic.maxMessageBytes),
    },
  };
}

/** The topics that a dataset publishes to. Their retention is the contract's alone: what is lost there is in the lake. */
export function publishedTopicSettingsOf(manifest: Manifest): TopicSettings[] {
  return publicationsOf(manifest).map(({ topic: name, ...more }) =>
    topicSettingsOf({ topic: { name, ...more } }),
  );
}
