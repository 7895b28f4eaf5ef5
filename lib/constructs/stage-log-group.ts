import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { removalOf } from './removal.ts';

const retention: Readonly<Record<Stage['logRetentionDays'], RetentionDays>> = {
  7: RetentionDays.ONE_WEEK,
  30: RetentionDays.ONE_MONTH,
  90: RetentionDays.THREE_MONTHS,
  365: RetentionDays.ONE_YEAR,
};

export interface StageLogGroupProps {
  readonly stage: Stage;
  /** Lets the logs service use it: see lib/stacks/lake.ts. */
  readonly key: IKey;
  readonly logGroupName: string;
}

/** A log group that exists before anything writes to it, so that nothing makes one that never expires. Encrypted with the stage's key. */
export class StageLogGroup extends LogGroup {
  constructor(scope: Construct, id: string, props: StageLogGroupProps) {
    super(scope, id, {
      logGroupName: props.logGroupName,
      encryptionKey: props.key,
      retention: retention[props.stage.logRetentionDays],
      removalPolicy: removalOf(props.stage),
    });
  }
}
