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

/** A log group that exists before anything writes to it, so that nothing makes one that never expires. */
export class StageLogGroup extends LogGroup {
  constructor(scope: Construct, id: string, props: { readonly stage: Stage; readonly logGroupName: string }) {
    super(scope, id, {
      logGroupName: props.logGroupName,
      retention: retention[props.stage.logRetentionDays],
      removalPolicy: removalOf(props.stage),
    });
  }
}
