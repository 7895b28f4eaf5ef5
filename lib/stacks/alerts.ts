import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

export interface AlertsStackProps extends StackProps {
  readonly stage: Stage;
  readonly key: IKey;
}

/** Where every alarm of the stage goes to: one topic, encrypted, and the mail of those who are told. */
export class AlertsStack extends Stack {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: AlertsStackProps) {
    super(scope, id, props);
    const { stage } = props;
    const topic = new Topic(this, 'Alarms', {
      topicName: `millrace-${stage.name}-alarms`,
      displayName: `Millrace ${stage.name}`,
      masterKey: props.key,
      enforceSSL: true,
    });
    this.topic = topic as ITopic;
    stage.alarms.mail.forEach((endpoint, index) => {
      new CfnSubscription(this, `Mail${index}`, { topicArn: topic.topicArn, protocol: 'email', endpoint });
    });
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn });
  }
}
