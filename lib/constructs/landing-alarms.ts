import { Duration } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { landingMetrics, verdictMetrics } from '../../lambdas/land/metrics.ts';
import type { Stage } from '../stages.ts';
import { metricsNamespace } from './bundled-function.ts';

export interface LandingAlarmsProps {
  readonly stage: Stage;
  readonly dataset: string;
  readonly functionName: string;
  /** The name that the function publishes its metrics under. */
  readonly service: string;
  /** Of the event source mapping. */
  readonly mappingId: string;
  /** Part of the logical ids. */
  readonly suffix: string;
}

/** What of a dataset's records is told at their landing: too many in quarantine, and those that nothing could take. */
export function landingAlarms(scope: Construct, props: LandingAlarmsProps): void {
  quarantined(scope, props);
  failed(scope, props);
}

function quarantined(scope: Construct, { stage, dataset, service, suffix }: LandingAlarmsProps): void {
  const share = stage.alarms.quarantineShare;
  const percent = Number((100 * share).toPrecision(3));
  const sum = (id: string, metricName: string) => ({
    id,
    metricStat: {
      metric: {
        namespace: metricsNamespace,
        metricName,
        dimensions: [
          { name: 'service', value: service },
          { name: 'dataset', value: dataset },
        ],
      },
      period: Duration.hours(1).toSeconds(),
      stat: 'Sum',
    },
    returnData: false,
  });
  const alarm = new CfnAlarm(scope, 'Quarantined', {
    alarmName: `millrace-${stage.name}-${dataset}-quarantined`,
    alarmDescription: `More than ${percent} % of the records of an hour went to quarantine: see why with \`millrace quarantine list --dataset ${dataset} --stage ${stage.name}\`, mend the producer or the contract, then redrive them`,
    metrics: [
      { id: 'share', expression: 'IF(records > 0, 1 - valid / records, 0)', returnData: true },
      sum('valid', verdictMetrics.valid),
      sum('records', landingMetrics.records),
    ],
    comparisonOperator: 'GreaterThanThreshold',
    threshold: share,
    evaluationPeriods: 1,
    treatMissingData: 'notBreaching',
  });
  alarm.overrideLogicalId(`LandQuarantined${suffix}`);
}

function failed(scope: Construct, { functionName, mappingId, suffix }: LandingAlarmsProps): void {
  const sum = (id: string, metricName: string) => ({
    id,
    metricStat: {
      metric: {
        namespace: 'AWS/Lambda',
        metricName,
        dimensions: [{ name: 'EventSourceMappingUUID', value: mappingId }],
      },
      period: Duration.minutes(5).toSeconds(),
      stat: 'Sum',
    },
    returnData: false,
  });
  const alarm = new CfnAlarm(scope, 'Failed', {
    alarmName: `${functionName}-failed`,
    alarmDescription:
      'The landing gave up on records: they are in the failures bucket and in no table. Mend the cause, then `millrace quarantine redrive`',
    metrics: [
      // A sum of whichever there is: neither has a data point before the first failure, and + would want both.
      { id: 'records', expression: 'SUM(METRICS())', returnData: true },
      sum('delivered', 'OnFailureDestinationDeliveredEventCount'),
      sum('dropped', 'DroppedEventCount'),
    ],
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 0,
    evaluationPeriods: 1,
    treatMissingData: 'notBreaching',
  });
  alarm.overrideLogicalId(`LandFailed${suffix}`);
}
