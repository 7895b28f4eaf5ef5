import { Duration } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';

/** Which events tell of a job run that failed, and what is told of them. */
export interface FailureEvents {
  readonly pattern: Readonly<Record<string, unknown>>;
  /** `<name>` in the text stands for the value at a path of the event. */
  readonly told: { readonly values: Readonly<Record<string, string>>; readonly text: string };
}

const next = 'A batch job does what it missed at its next time; a stream is started again.';

/** Of the Glue jobs of a stage. */
export function glueFailures(stage: string): FailureEvents {
  return {
    pattern: {
      source: ['aws.glue'],
      'detail-type': ['Glue Job State Change'],
      detail: { jobName: [{ prefix: `millrace-${stage}-` }], state: ['FAILED', 'TIMEOUT'] },
    },
    told: {
      values: { job: '$.detail.jobName', run: '$.detail.jobRunId', state: '$.detail.state' },
      text: `Job <job> ended as <state> (run <run>): see its log groups below /millrace/${stage}. ${next}`,
    },
  };
}

/** Of the jobs of an EMR Serverless application; their events name the run alone. */
export function emrFailures(stage: string, applicationId: string): FailureEvents {
  return {
    pattern: {
      source: ['aws.emr-serverless'],
      'detail-type': ['EMR Serverless Job Run State Change'],
      detail: { applicationId: [applicationId], state: ['FAILED'] },
    },
    told: {
      values: { run: '$.detail.jobRunId', application: '$.detail.applicationId' },
      text: `Run <run> of EMR Serverless application <application> failed: see its log below /millrace/${stage}. ${next}`,
    },
  };
}

export interface JobFailuresProps extends FailureEvents {
  /** Of the rule; the logical ids follow the construct's id. */
  readonly name: string;
  readonly topicArn: string;
}

/**
 * Tells the topic of each job run that fails. A rule and not an alarm: runs of batch jobs are hours apart, and what is
 * told names the run. Where EventBridge itself cannot reach the topic, an alarm says that.
 */
export class JobFailures extends Construct {
  constructor(scope: Construct, id: string, props: JobFailuresProps) {
    super(scope, id);
    const { name } = props;
    const rule = new CfnRule(this, 'Rule', {
      name,
      description: 'Job runs that failed',
      eventPattern: props.pattern,
      targets: [
        {
          id: 'topic',
          arn: props.topicArn,
          inputTransformer: {
            inputPathsMap: { ...props.told.values },
            inputTemplate: JSON.stringify(props.told.text),
          },
        },
      ],
    });
    rule.overrideLogicalId(id);
    const untold = new CfnAlarm(this, 'Untold', {
      alarmName: `${name}-untold`,
      alarmDescription: `A job run failed, and EventBridge could not tell it: look at the runs of the jobs, then at the policies of the topic and of the key, which rule ${name} needs`,
      namespace: 'AWS/Events',
      metricName: 'FailedInvocations',
      dimensions: [{ name: 'RuleName', value: name }],
      statistic: 'Sum',
      period: Duration.minutes(5).toSeconds(),
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: 'notBreaching',
    });
    untold.overrideLogicalId(`${id}Untold`);
  }
}
