import type { IAspect } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';

/** Tells the topic of every alarm below, when it goes off and when it is over. An aspect, so that none is forgotten. */
export class AlarmActions implements IAspect {
  private readonly topic: ITopic;

  constructor(topic: ITopic) {
    this.topic = topic;
  }

  visit(node: IConstruct): void {
    if (!(node instanceof CfnAlarm)) return;
    node.alarmActions = [this.topic.topicArn];
    node.okActions = [this.topic.topicArn];
  }
}
