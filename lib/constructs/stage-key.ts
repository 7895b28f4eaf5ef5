import { CfnAlias, type CfnKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { removalOf, stateful } from './removal.ts';

/** Of the topic that the alarms tell: the key's policy names it before there is a topic. */
export function alarmTopicName({ name }: Pick<Stage, 'name'>): string {
  return `millrace-${name}-alarms`;
}

export interface StageKeyProps {
  readonly stage: Stage;
  readonly description: string;
  /** With `alias/`. */
  readonly alias: string;
}

/** A key that rotates each year. The account's own policies say who may use it, besides what is added to its policy. */
export class StageKey extends Key {
  constructor(scope: Construct, id: string, { stage, description, alias }: StageKeyProps) {
    super(scope, id, { description, enableKeyRotation: true, removalPolicy: removalOf(stage) });
    stateful(this.node.defaultChild as CfnKey, id, stage);
    stateful(new CfnAlias(this, 'Alias', { aliasName: alias, targetKeyId: this.keyId }), `${id}Alias`, stage);
  }
}
