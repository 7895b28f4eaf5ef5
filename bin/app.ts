/** The CDK app: every dataset's pipeline for the stage named by `-c stage=` (default dev). */
import { manifestOf } from '../lib/contract/dataset.ts';
import { allDatasets } from '../lib/datasets/index.ts';
import { MillraceError } from '../lib/errors.ts';
import { addMillrace, millraceApp } from '../lib/stacks/millrace.ts';
import { stageOf } from '../lib/stages.ts';

try {
  const app = millraceApp();
  addMillrace(app, {
    stage: stageOf(app.node.tryGetContext('stage')),
    manifests: (await allDatasets()).map(manifestOf),
  });
  app.synth();
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  console.error(error.toString());
  process.exitCode = 1;
}
