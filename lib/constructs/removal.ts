import { type CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import type { Stage } from '../stages.ts';

/**
 * What becomes of a stage's stateful resources when they leave the template. Kept ones go all the same where the deploy
 * that makes them fails: they are empty then, and their names would stand in the way of the next try.
 */
export function removalOf(stage: Stage): RemovalPolicy {
  return stage.removal === 'retain' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

/**
 * Fixes a stateful resource's logical id and removal policy. A logical id that follows the construct tree would
 * turn a refactoring of this code into a replacement of the data.
 */
export function stateful<R extends CfnResource>(resource: R, logicalId: string, stage: Stage): R {
  resource.overrideLogicalId(logicalId);
  resource.applyRemovalPolicy(removalOf(stage));
  return resource;
}
