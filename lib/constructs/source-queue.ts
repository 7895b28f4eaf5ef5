import { Duration } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type CfnQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { removalOf } from './removal.ts';

/** Time to mend what keeps a consumer from its messages. */
const retentionDays = 4;
/** A message keeps its age in the dead-letter queue, so that one holds on for longer. SQS's most. */
const deadRetentionDays = 14;
/** Deliveries of one message: with the visibility timeout, hours of a broker that is away. */
const mostReceives = 100;

export interface SourceQueueProps {
  readonly stage: Stage;
  readonly key: IKey;
  readonly queueName: string;
  /** Part of the logical ids. */
  readonly suffix: string;
  /** Of the function that is invoked with its messages. */
  readonly timeoutSeconds: number;
}

/** A queue between a source's two functions, encrypted with the stage's key; its dead-letter queue, and an alarm on that. */
export class SourceQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: SourceQueueProps) {
    super(scope, id);
    const { stage, queueName, suffix } = props;
    const common: QueueProps = {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: props.key,
      enforceSSL: true,
      removalPolicy: removalOf(stage),
    };
    const dead = new Queue(this, 'Dead', {
      ...common,
      queueName: `${queueName}-dead`,
      retentionPeriod: Duration.days(deadRetentionDays),
    });
    (dead.node.defaultChild as CfnQueue).overrideLogicalId(`SourceDead${suffix}`);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      queueName,
      retentionPeriod: Duration.days(retentionDays),
      // Lambda demands six times the function's: a batch that is throttled must not be delivered twice meanwhile.
      visibilityTimeout: Duration.seconds(6 * props.timeoutSeconds),
      deadLetterQueue: { queue: dead, maxReceiveCount: mostReceives },
    });
    (this.queue.node.defaultChild as CfnQueue).overrideLogicalId(`SourceQueue${suffix}`);

    const alarm = new CfnAlarm(this, 'Alarm', {
      alarmName: `${queueName}-dead`,
      alarmDescription: `Records of a source could not be written to Kafka: mend it, then move the messages of ${queueName}-dead back`,
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: [{ name: 'QueueName', value: `${queueName}-dead` }],
      statistic: 'Maximum',
      period: Duration.minutes(5).toSeconds(),
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: 'notBreaching',
    });
    alarm.overrideLogicalId(`SourceDeadAlarm${suffix}`);
  }
}
