import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type FailureEvents, glueFailures, JobFailures } from '../constructs/job-failures.ts';
import { StageBudget } from '../constructs/stage-budget.ts';
import { alarmTopicName } from '../constructs/stage-key.ts';
import type { Stage } from '../stages.ts';

export interface AlertsStackProps extends StackProps {
  readonly stage: Stage;
  readonly key: IKey;
}

/** What publishes to the topic, and tells for which account. */
const publishers = ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'];

/**
 * Where every alarm of the stage goes to: one topic, encrypted, and the mail of those who are told. And what is told
 * of no single part: the month's cost, and batch jobs that fail.
 */
export class AlertsStack extends Stack {
  readonly topic: ITopic;
  private readonly stage: Stage;

  constructor(scope: Construct, id: string, props: AlertsStackProps) {
    super(scope, id, props);
    const { stage } = props;
    this.stage = stage;
    const topic = new Topic(this, 'Alarms', {
      topicName: alarmTopicName(stage),
      displayName: `Millrace ${stage.name}`,
      masterKey: props.key,
      enforceSSL: true,
    });
    // A topic with a policy has no other: without this, none of them could publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Publishers',
        principals: publishers.map((service) => new ServicePrincipal(service)),
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    // EventBridge names the rule it publishes for. Were it refused, the alarm on what is untold would say so.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Events',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          ArnLike: {
            'aws:SourceArn': this.formatArn({
              service: 'events',
              resource: 'rule',
              resourceName: `millrace-${stage.name}-*`,
            }),
          },
        },
      }),
    );
    this.topic = topic as ITopic;
    stage.alarms.mail.forEach((endpoint, index) => {
      new CfnSubscription(this, `Mail${index}`, { topicArn: topic.topicArn, protocol: 'email', endpoint });
    });
    const budget = new StageBudget(this, 'Budget', { stage, topicArn: topic.topicArn });
    // The service checks at once whether it may publish: the topic's policy first.
    budget.node.addDependency(topic);
    // Those of the other runtime are known by their application, which is made later: see addMillrace.
    if (stage.jobs.runtime.kind === 'glue') this.jobFailures(this, glueFailures(stage.name));
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn });
  }

  /** Tells of job runs that fail, by a rule in that stack. */
  jobFailures(scope: Construct, events: FailureEvents): void {
    new JobFailures(scope, 'JobFailures', {
      ...events,
      name: `millrace-${this.stage.name}-job-failures`,
      topicArn: this.topic.topicArn,
    });
  }
}
