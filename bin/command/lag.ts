import { kafkaView } from '../../lambdas/audit/kafka.ts';
import { readProgress } from '../../lambdas/audit/lake-state.ts';
import { silverBounds } from '../../lambdas/audit/standing.ts';
import { landingGroup } from './audit/places.ts';
import { datasetsOf } from './run-datasets.ts';
import type { StagePlace } from './stage-place.ts';

/** How far a partition is: each an offset, the next that will be written or read. */
export interface Lag {
  readonly dataset: string;
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
  /** Committed by the landing function's group; 0 before its first commit. */
  readonly landed: number;
  /** Committed to silver; 0 before the first batch. */
  readonly silver: number;
}

/** How far landing and silver are in every partition of every dataset's topic. */
export async function lagOf(place: StagePlace): Promise<Lag[]> {
  const kafka = kafkaView(place.kafka);
  const bucket = await place.bucket('State');
  const lags: Lag[] = [];
  for (const manifest of await datasetsOf(place)) {
    const topic = manifest.topic.name;
    const [{ high }, landed, progress] = await Promise.all([
      kafka.offsets(topic),
      kafka.committed(landingGroup(place.stage, manifest), topic),
      readProgress(place.s3, bucket, manifest),
    ]);
    const silver = silverBounds(progress);
    for (const [partition, end] of [...high].sort(([a], [b]) => a - b)) {
      const reached = { landed: landed.get(partition) ?? 0, silver: silver.get(partition) ?? 0 };
      lags.push({ dataset: manifest.dataset, topic, partition, end, ...reached });
    }
  }
  return lags;
}
