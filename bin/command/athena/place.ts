import { AthenaClient } from '@aws-sdk/client-athena';
import type { AthenaPlace } from '../../../lambdas/shared/athena/place.ts';
import { workGroupOf } from '../../../lib/work-groups.ts';
import type { State } from '../../../localstack/state.ts';
import { deployedSettings } from '../deployed-settings.ts';
import { awsSettings } from '../running.ts';

/** Names as the stacks give them. */
function placeOf(athena: AthenaClient, stage: string): AthenaPlace {
  return { athena, database: `millrace_${stage}`, workGroup: workGroupOf(stage) };
}

/** The local Athena of a run. */
export function localAthena(state: State): AthenaPlace {
  return placeOf(new AthenaClient(awsSettings(state, 'athena')), state.stage);
}

/** Athena of a deployed stage. @throws MillraceError MR200 */
export function deployedAthena(stage: string): AthenaPlace {
  return placeOf(new AthenaClient(deployedSettings(stage)), stage);
}
