/**
 * The CDK app: every dataset's pipeline for the stage named by `-c stage=` (default dev). Contracts must be as they are
 * released, but with `-c unreleased=true`, which local runs pass.
 */
import { manifestOf } from '../lib/contract/dataset.ts';
import { allDatasets } from '../lib/datasets/index.ts';
import { compatibleReleases } from '../lib/datasets/released/index.ts';
import { MillraceError } from '../lib/errors.ts';
import { addMillrace, millraceApp } from '../lib/stacks/millrace.ts';
import { stageOf } from '../lib/stages.ts';

try {
  const app = millraceApp();
  const manifests = (await allDatasets()).map(manifestOf);
  const unreleased = app.node.tryGetContext('unreleased') === 'true';
  const { releases, warnings } = compatibleReleases(manifests, { unreleased });
  for (const warning of warnings) console.error(`warning: ${warning}`);
  addMillrace(app, { stage: stageOf(app.node.tryGetContext('stage')), manifests, releases });
  app.synth();
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  console.error(error.toString());
  process.exitCode = 1;
}
