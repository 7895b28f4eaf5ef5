import { Duration } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';
import { landingGroup } from './kafka-access.ts';
import { logicalName } from './logical-name.ts';
import { clusterNameOf } from './stream-settings.ts';

const namespace = 'AWS/Kafka';
const periodSeconds = Duration.minutes(5).toSeconds();
const minuteSeconds = Duration.minutes(1).toSeconds();

/** An alarm on brokers. All of its metrics belong to MSK's free level of monitoring. */
interface BrokerAlarm {
  readonly metric: string;
  /** Of the cluster, or the worst of its brokers. */
  readonly of: 'cluster' | 'brokers';
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  /** Of 5 minutes each, in a row. */
  readonly periods: number;
  /** Whether own brokers that say nothing are in trouble. Of others nothing says what they publish. */
  readonly silence: 'breaching' | 'notBreaching';
  /** What has happened, and what to do. */
  readonly description: string;
}

/** By the part that names them. Express brokers have neither disks to fill nor metrics of their replicas. */
const brokerAlarms: Readonly<Record<'Controller' | 'DiskUsed' | 'Offline' | 'UnderReplicated', BrokerAlarm>> =
  {
    Controller: {
      metric: 'ActiveControllerCount',
      of: 'cluster',
      comparison: 'LessThanThreshold',
      threshold: 1,
      periods: 3,
      silence: 'breaching',
      description:
        'No broker leads the cluster, or none says so: see its state in the MSK console and its broker logs',
    },
    DiskUsed: {
      metric: 'KafkaDataLogsDiskUsed',
      of: 'brokers',
      comparison: 'GreaterThanThreshold',
      threshold: 80,
      periods: 3,
      silence: 'notBreaching',
      description:
        'A volume of the brokers is more than 80 % full; a full one stops them. Raise kafka.volumeGiB in lib/stages.ts, or shorten the retention of topics',
    },
    Offline: {
      metric: 'OfflinePartitionsCount',
      of: 'cluster',
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      periods: 1,
      silence: 'notBreaching',
      description: 'Partitions have no leader: nothing can be written to them or read. See the broker logs',
    },
    UnderReplicated: {
      metric: 'UnderReplicatedPartitions',
      of: 'brokers',
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      // A broker that restarts for a patch has caught up by then.
      periods: 6,
      silence: 'notBreaching',
      description:
        'Partitions have fewer replicas than they should, for half an hour: see the brokers and their logs',
    },
  };

const alarmsOf: Readonly<Record<Stage['kafka']['kind'], readonly (keyof typeof brokerAlarms)[]>> = {
  standard: ['Controller', 'DiskUsed', 'Offline', 'UnderReplicated'],
  express: ['Controller'],
  // Those that its brokers publish no metric of stay silent.
  existing: ['Controller', 'DiskUsed', 'Offline', 'UnderReplicated'],
};

export interface StreamAlarmsProps {
  readonly stage: Stage;
  readonly manifests: readonly Manifest[];
}

/** What is told of the brokers, and of landings that fall behind or stand still. */
export class StreamAlarms extends Construct {
  constructor(scope: Construct, id: string, { stage, manifests }: StreamAlarmsProps) {
    super(scope, id);
    for (const part of alarmsOf[stage.kafka.kind]) this.brokers(stage, part);
    for (const manifest of manifests) this.landing(stage, manifest);
  }

  private brokers(stage: Stage, part: keyof typeof brokerAlarms): void {
    const { metric, of, comparison, threshold, periods, silence, description } = brokerAlarms[part];
    const cluster = clusterNameOf(stage);
    const alarm = new CfnAlarm(this, part, {
      alarmName: `millrace-${stage.name}-kafka-${part.replace(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()}`,
      alarmDescription: description,
      ...(of === 'cluster'
        ? {
            namespace,
            metricName: metric,
            dimensions: [{ name: 'Cluster Name', value: cluster }],
            statistic: 'Maximum',
            period: periodSeconds,
          }
        : {
            metrics: [
              {
                id: 'brokers',
                // However many there are: an alarm by brokers' ids would miss those that are added.
                expression: `SELECT MAX(${metric}) FROM SCHEMA("${namespace}", "Broker ID", "Cluster Name") WHERE "Cluster Name" = '${cluster}'`,
                period: periodSeconds,
                returnData: true,
              },
            ],
          }),
      comparisonOperator: comparison,
      threshold,
      evaluationPeriods: periods,
      treatMissingData: stage.kafka.kind === 'existing' ? 'notBreaching' : silence,
    });
    alarm.overrideLogicalId(`Kafka${part}`);
  }

  /**
   * A landing that falls behind, and one that stands still. MSK's estimate in seconds says how long the rest would take
   * at the pace of before, so it does not see one that stands; that one's offsets never get fewer. Two alarms, since a
   * metric that is not published would silence an expression of both.
   */
  private landing(stage: Stage, manifest: Manifest): void {
    const { dataset, topic } = manifest;
    const { downMinutes } = stage.alarms;
    const dimensions = [
      { name: 'Cluster Name', value: clusterNameOf(stage) },
      { name: 'Consumer Group', value: landingGroup(stage, manifest) },
      { name: 'Topic', value: topic.name },
    ];
    const see = `see the log and the errors of function ${landingGroup(stage, manifest)} and the state of its event source mapping`;
    const common = {
      comparisonOperator: 'GreaterThanThreshold',
      evaluationPeriods: downMinutes,
      // MSK publishes no lag before the first commit, nor while the group takes its members in anew.
      treatMissingData: 'notBreaching',
    };

    const behind = new CfnAlarm(this, `Lag-${dataset}`, {
      alarmName: `millrace-${stage.name}-${dataset}-lag`,
      alarmDescription: `Landing of ${dataset} is more than ${downMinutes} minutes behind topic ${topic.name}: ${see}; if it only falls behind, raise landing.pollers.maximum in lib/stages.ts`,
      namespace,
      metricName: 'EstimatedMaxTimeLag',
      dimensions,
      statistic: 'Maximum',
      period: minuteSeconds,
      threshold: downMinutes * minuteSeconds,
      ...common,
    });
    behind.overrideLogicalId(`KafkaLag${logicalName(dataset)}`);

    const stands = new CfnAlarm(this, `Stands-${dataset}`, {
      alarmName: `millrace-${stage.name}-${dataset}-stands`,
      alarmDescription: `Landing of ${dataset} has taken nothing of what waits in topic ${topic.name} for ${downMinutes} minutes: ${see}`,
      metrics: [
        {
          id: 'stands',
          // The marker of a transaction at the end of a partition is an offset that no consumer commits.
          expression: 'IF(offsets > 1 AND DIFF(offsets) >= 0, 1, 0)',
          returnData: true,
        },
        {
          id: 'offsets',
          metricStat: {
            metric: { namespace, metricName: 'MaxOffsetLag', dimensions },
            period: minuteSeconds,
            stat: 'Maximum',
          },
          returnData: false,
        },
      ],
      threshold: 0,
      ...common,
    });
    stands.overrideLogicalId(`KafkaStands${logicalName(dataset)}`);
  }
}
