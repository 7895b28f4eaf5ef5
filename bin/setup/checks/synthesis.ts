/** Variants as CDK apps: see variants.ts. */
import { rmSync } from 'node:fs';
import type { App } from 'aws-cdk-lib';
import { manifestOf } from '../../../lib/contract/dataset.ts';
import { goldTables } from '../../../lib/contract/gold-layer.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { allDatasets } from '../../../lib/datasets/index.ts';
import { addMillrace, type MillraceStacks, millraceApp } from '../../../lib/stacks/millrace.ts';
import { checkedStage, type Stage, stageNames } from '../../../lib/stages.ts';
import { type VariantName, variantOf } from './variants.ts';

export interface SynthesisedVariant {
  readonly app: App;
  readonly stage: Stage;
  readonly stacks: MillraceStacks;
  readonly manifests: readonly Manifest[];
}

/** Every dataset for the stages themselves; for the others one that is small, or those that are polled: what differs is not in their number. */
function manifestsFor(name: VariantName, all: readonly Manifest[]): readonly Manifest[] {
  if (stageNames.some((stage) => stage === name)) return all;
  if (name === 'options') return all.filter(({ sources }) => sources.some(({ kind }) => kind === 'rest'));
  return all.toSorted((one, other) => goldTables(one).length - goldTables(other).length).slice(0, 1);
}

/** Synthesises a variant, with more datasets, into a folder, which it empties first. MILLRACE_JARS_AWS names the jars of the jobs. */
export async function synthesisedVariant(
  name: VariantName,
  outdir: string,
  more: readonly Manifest[] = [],
): Promise<SynthesisedVariant> {
  rmSync(outdir, { recursive: true, force: true });
  const { name: stageName, ...settings } = variantOf(name);
  const all = (await allDatasets()).map(manifestOf);
  const manifests = [...manifestsFor(name, all), ...more];
  const polled = manifests.flatMap(({ dataset, sources }) =>
    sources.filter(({ kind }) => kind === 'rest').map((source) => `${dataset}/${source.name}`),
  );
  const stage = checkedStage(stageName, name === 'options' ? { ...settings, sources: polled } : settings);
  const { account, region } = stage;
  const app = millraceApp({ outdir });
  const env = account === null || region === null ? undefined : { account, region };
  const stacks = addMillrace(app, { stage, manifests, env });
  app.synth();
  return { app, stage, stacks, manifests };
}
