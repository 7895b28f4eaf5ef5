import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditPlace, standingOf } from '../../../lambdas/audit/dataset-audit.ts';
import { type Arrivals, arrivals, type Standing } from '../../../lambdas/audit/standing.ts';

export interface WaitOptions {
  readonly seconds: number;
  readonly signal?: AbortSignal;
  /** Says of a dataset what is still waited for. @default all of the way */
  readonly missingOf?: () => Arrivals;
  /** Told of each look at a dataset. */
  readonly onLook?: (dataset: string, standing: Standing, missing: readonly string[]) => void;
}

const LOOK_EVERY_MS = 500;

/**
 * Waits until everything that is in the topics now is through silver, quarantine, gold and one sweep, or as far as is
 * asked for.
 * @returns what is not, in words, when the time is up; empty: all is through
 */
export async function waitUntilThrough(
  places: readonly AuditPlace[],
  options: WaitOptions,
): Promise<readonly string[]> {
  const until = Date.now() + options.seconds * 1000;
  const watched = await Promise.all(
    places.map(async (place) => {
      const { high } = await place.kafka.offsets(place.manifest.topic.name);
      return {
        place,
        ends: high,
        missingOf: options.missingOf?.() ?? arrivals(!place.manifest.partitionFollowsIdentity),
      };
    }),
  );
  for (;;) {
    const missing: string[] = [];
    for (const { place, ends, missingOf } of watched) {
      const { dataset } = place.manifest;
      const standing = await standingOf(place, ends);
      const words = missingOf(standing);
      options.onLook?.(dataset, standing, words);
      missing.push(...words.map((text) => `${dataset}: ${text}`));
    }
    if (missing.length === 0 || Date.now() >= until || options.signal?.aborted) return missing;
    await sleep(Math.min(LOOK_EVERY_MS, Math.max(0, until - Date.now())));
  }
}
