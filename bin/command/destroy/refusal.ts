import { MillraceError } from '../../../lib/errors.ts';
import type { Stage } from '../../../lib/stages.ts';
import type { DeployedStack } from './deployed-stacks.ts';

const WAY =
  'docs/operations.md, "Taking a stage down", says what stays, what it costs, and how it is deleted';

/**
 * Holds the wish to what the stage's settings and its stacks say.
 *
 * @throws MillraceError MR721 the stage keeps its data; MR725 the credentials lead to another account than its own
 */
export function checkDestroyable(stage: Stage, stacks: readonly DeployedStack[]): void {
  if (stage.removal === 'retain')
    throw new MillraceError('MR721', `stage ${stage.name} keeps its data, so it is not destroyed`, {
      where: `lib/stages.ts, stage ${stage.name}: removal is retain`,
      mend: WAY,
    });
  const guarded = stacks.filter((stack) => stack.terminationProtection).map(({ name }) => name);
  if (guarded.length > 0)
    throw new MillraceError('MR721', `stage ${stage.name} was deployed as one that keeps its data`, {
      where: `termination protection of ${guarded.join(', ')}`,
      mend: `deploy it as it is now (npx cdk deploy --all -c stage=${stage.name}), then destroy it; ${WAY}`,
    });
  const foreign = stacks.find(({ account }) => stage.account !== null && account !== stage.account);
  if (foreign !== undefined)
    throw new MillraceError('MR725', `the stacks are those of another account, ${foreign.account}`, {
      where: `stack ${foreign.name}; lib/stages.ts has stage ${stage.name} in account ${stage.account}`,
      mend: 'take the AWS profile of that account',
    });
}
