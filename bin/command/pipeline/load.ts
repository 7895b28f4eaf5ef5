import { runRemake } from '../remake/job.ts';
import type { Reported } from '../run/reported.ts';
import type { Asked, Done } from './step.ts';

/**
 * Brings gold up to date; where days are named, computes these too, changed or not.
 * @throws MillraceError MR861 (the job failed: a gate refused, say), and those of runRemake
 */
export async function load({ place, manifest, days }: Asked): Promise<Done> {
  const { dataset } = manifest;
  return loaded(dataset, await runRemake({ place, dataset, kind: 'gold', days, reports: 'gold' }));
}

/** @param reported what the gold job wrote down: `partitions` are those computed, null means all */
export function loaded(dataset: string, reported: Reported): Done {
  const models = Object.fromEntries(
    Object.entries(reported).map(([name, { partitions }]) => [
      name.replace(/^gold-/, ''),
      Array.isArray(partitions) ? partitions.length : null,
    ]),
  );
  const lines = Object.entries(models).map(([name, count]) => `  ${name}: ${amount(count)}\n`);
  return { facts: { models }, text: `${dataset}: gold is up to date\n${lines.join('')}` };
}

function amount(count: number | null): string {
  if (count === null) return 'computed whole';
  if (count === 0) return 'nothing to compute';
  return `${count} ${count === 1 ? 'partition' : 'partitions'} computed`;
}
