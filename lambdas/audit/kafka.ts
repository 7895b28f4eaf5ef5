import type { Pairs } from '../kafka-access/request.ts';
import type { KafkaFunction } from '../shared/kafka-function.ts';
import { merged, type OffsetRange } from './ranges.ts';
import type { Bounds } from './scope.ts';

/** What the broker holds of a topic: offsets from `low` on, below `high`. */
export interface TopicOffsets {
  readonly low: Bounds;
  readonly high: Bounds;
}

/** The broker, as far as an audit asks it. Each throws MillraceError MR601 where it does not answer. */
export interface KafkaView {
  offsets(topic: string): Promise<TopicOffsets>;
  /** The first offsets whose records Kafka took at or after an instant (epoch milliseconds); the ends where there is none. */
  offsetsAt(topic: string, atMs: number): Promise<Bounds>;
  /** Next offsets of a consumer group; 0 where it has committed nothing. */
  committed(group: string, topic: string): Promise<Bounds>;
  /** Which offsets of the ranges a consumer (read_committed) gets: the others are gaps, such as transaction markers. */
  readable(topic: string, ranges: readonly OffsetRange[]): Promise<OffsetRange[]>;
}

const bounds = (pairs: Pairs): Bounds => new Map(pairs);

/** The view of the function that stands beside the brokers. */
export function kafkaView(kafka: KafkaFunction): KafkaView {
  return {
    async offsets(topic) {
      const { low, high } = await kafka.ask({ ask: 'offsets', topic });
      return { low: bounds(low), high: bounds(high) };
    },
    async offsetsAt(topic, atMs) {
      return bounds((await kafka.ask({ ask: 'offsetsAt', topic, atMs })).offsets);
    },
    async committed(group, topic) {
      return bounds((await kafka.ask({ ask: 'committed', topic, group })).offsets);
    },
    async readable(topic, ranges) {
      if (ranges.length === 0) return [];
      const asked = merged(ranges).map((range) => ({ ...range }));
      return merged((await kafka.ask({ ask: 'readable', topic, ranges: asked })).ranges);
    },
  };
}
