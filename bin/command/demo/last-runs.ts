import type { Standing } from '../../../lambdas/audit/standing.ts';
import { lagOf, silverBounds } from '../../../lambdas/audit/standing.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { chosenJob, jobsOf } from '../run/job-name.ts';
import { runJob } from '../run/job-run.ts';
import type { StagePlace } from '../stage-place.ts';

/** What follows silver, in this order. */
const kindsOf = ({ partitionFollowsIdentity }: Manifest): readonly string[] =>
  partitionFollowsIdentity ? ['gold'] : ['sweep', 'gold'];

/**
 * Runs what follows silver as soon as silver has everything, as `millrace run` would, instead of waiting for the
 * schedules. Told of each look; what fails here the schedules do.
 */
export function lastRuns(
  place: StagePlace,
  manifest: Manifest,
  say: (line: string) => void,
): (of: string, standing: Standing) => void {
  const { dataset } = manifest;
  let asked = false;

  async function run(): Promise<void> {
    const jobs = await jobsOf(place.jobs, place.stage);
    for (const kind of kindsOf(manifest)) {
      const { name } = chosenJob(jobs, kind, dataset);
      await runJob({ glue: place.jobs, jobName: name, arguments: {} });
    }
  }

  return (of, { ends, progress }) => {
    if (asked || of !== dataset || lagOf(ends, silverBounds(progress)) > 0) return;
    asked = true;
    run().catch((error: unknown) => say(String(error)));
  };
}
