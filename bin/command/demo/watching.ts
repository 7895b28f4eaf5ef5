import type { AuditPlace } from '../../../lambdas/audit/dataset-audit.ts';
import { progressLine } from '../progress-line.ts';
import { standingIfTold } from './chaos/look.ts';
import { type Sample, sampleOf } from './samples.ts';
import { progressText } from './steps.ts';

const SAMPLE_EVERY_MS = 500;

/** Looks twice a second at how far the dataset's records are, shows it, and keeps the samples. */
export function watching(place: AuditPlace) {
  const samples: Sample[] = [];
  const line = progressLine();
  const begunMs = performance.now();
  let produced = 0;
  let total: number | null = null;
  let missing: readonly string[] = [];
  let stopped = false;

  async function look(): Promise<void> {
    const standing = await standingIfTold(place);
    if (standing === undefined) return;
    const sample = sampleOf((performance.now() - begunMs) / 1000, produced, standing);
    samples.push(sample);
    const { seconds, ...counts } = sample;
    line.show(() => progressText(counts, total, seconds, missing));
  }
  const loop = (async () => {
    while (!stopped) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_EVERY_MS));
    }
    await look();
  })();
  // Met again by `stop`.
  loop.catch(() => undefined);

  return {
    samples: samples as readonly Sample[],
    produced(records: number, share: number | null) {
      produced = records;
      total = share === null || share === 0 ? null : records / share;
    },
    acknowledged: () => produced,
    missing(_dataset: string, _standing: unknown, words: readonly string[]) {
      missing = words;
    },
    end: line.end,
    async stop() {
      stopped = true;
      await loop;
    },
  };
}
