import type { Manifest } from '../../lib/contract/manifest.ts';
import { allDatasets } from '../../lib/datasets/index.ts';
import type { State } from '../../localstack/state.ts';
import { jobsOf } from './run/job-name.ts';
import type { StagePlace } from './stage-place.ts';

/** The datasets that a place runs: of a stage those that are deployed, of a local run those it was started with. */
export async function datasetsOf(place: StagePlace): Promise<Manifest[]> {
  const has = await presenceIn(place);
  return (await allDatasets()).map(({ manifest }) => manifest).filter(has);
}

/** Tells whether a place runs a dataset: one may be declared and not deployed yet. */
export async function presenceIn({
  local,
  jobs,
  stage,
}: StagePlace): Promise<(manifest: Manifest) => boolean> {
  if (local !== undefined) return (manifest) => hasLanding(local.state, manifest);
  const deployed = new Set((await jobsOf(jobs, stage)).map(({ dataset }) => dataset));
  return ({ dataset }) => deployed.has(dataset);
}

/** An event source mapping of the run reads the dataset's topic. */
function hasLanding({ resources }: State, { topic }: Manifest): boolean {
  return Object.values(resources).some(({ type, properties }) => {
    const topics = type === 'AWS::Lambda::EventSourceMapping' ? properties.Topics : undefined;
    return Array.isArray(topics) && topics.includes(topic.name);
  });
}
