import { Duration } from 'aws-cdk-lib';
import { CfnAlarm, type CfnAlarmProps } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

/**
 * Which errors of a function are told. `each`: one is enough, of what runs rarely and is not tried again at once.
 * `lasting`: those that go on for 15 minutes, of what is invoked again until it comes through.
 */
export type Failing = 'each' | 'lasting';

const periodSeconds = Duration.minutes(5).toSeconds();
/** Periods in a row. */
const lasting = 3;
const periodsOf: Readonly<Record<Failing, number>> = { each: 1, lasting };

export interface FunctionAlarmsProps {
  readonly functionName: string;
  /** Of the function: those of its alarms begin with it. */
  readonly logicalId: string;
  readonly logGroupName: string;
  readonly failing: Failing;
}

/** Alarms on a function's errors and throttles. */
export function functionAlarms(scope: Construct, props: FunctionAlarmsProps): void {
  const { functionName, logicalId, logGroupName } = props;
  const alarm = (
    part: 'Errors' | 'Throttles',
    periods: number,
    own: Pick<CfnAlarmProps, 'alarmName' | 'alarmDescription'>,
  ) => {
    const made = new CfnAlarm(scope, part, {
      ...own,
      namespace: 'AWS/Lambda',
      metricName: part,
      dimensions: [{ name: 'FunctionName', value: functionName }],
      statistic: 'Sum',
      period: periodSeconds,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: periods,
      treatMissingData: 'notBreaching',
    });
    made.overrideLogicalId(`${logicalId}${part}`);
  };
  alarm('Errors', periodsOf[props.failing], {
    alarmName: `${functionName}-errors`,
    alarmDescription: `${functionName} fails: see the errors in its log ${logGroupName}; bad records never make a function fail, so it is a service, a permission or the code`,
  });
  alarm('Throttles', lasting, {
    alarmName: `${functionName}-throttles`,
    alarmDescription: `${functionName} is not let run as often as it is asked to: raise the account's quota of concurrent executions, or the function's reserved share`,
  });
}
