/**
 * The CDK app: every dataset's pipeline for the stage named by `-c stage=` (default dev). Contracts must be as they are
 * released, but with `-c unreleased=true`, which local runs pass; they may also name the datasets they want:
 * `-c datasets=a,b`.
 */
import { manifestOf } from '../lib/contract/dataset.ts';
import { allDatasets, chosenDatasets } from '../lib/datasets/index.ts';
import { compatibleReleases } from '../lib/datasets/released/index.ts';
import { environmentOf } from '../lib/deployment.ts';
import { MillraceError } from '../lib/errors.ts';
import { addMillrace, millraceApp } from '../lib/stacks/millrace.ts';
import { checkSources, stageOf } from '../lib/stages.ts';

try {
  const app = millraceApp();
  const unreleased = app.node.tryGetContext('unreleased') === 'true';
  // A release is missed only where its contract is gone, not where it is left out here.
  const { releases, warnings } = compatibleReleases((await allDatasets()).map(manifestOf), { unreleased });
  const manifests = (await chosenDatasets(app.node.tryGetContext('datasets'), unreleased)).map(manifestOf);
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const stage = stageOf(app.node.tryGetContext('stage'));
  checkSources(stage, (await allDatasets()).map(manifestOf));
  const context = (name: string): unknown => app.node.tryGetContext(name);
  const env = environmentOf(stage, { account: context('account'), region: context('region') });
  addMillrace(app, { stage, manifests, releases, env });
  app.synth();
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  console.error(error.toString());
  process.exitCode = 1;
}
