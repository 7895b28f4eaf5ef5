import { Stack } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';

export interface FunctionScheduleProps {
  readonly name: string;
  readonly description: string;
  readonly logicalId: string;
  readonly handler: IFunction;
  /** `rate(5 minutes)`, `cron(…)` or `at(…)`; UTC. */
  readonly expression: string;
  /** @default true */
  readonly enabled?: boolean;
  /** The event, as JSON. @default - an empty object */
  readonly input?: string;
  /** How often, and how long, EventBridge tries where it cannot start the function. */
  readonly retries: { readonly attempts: number; readonly withinSeconds: number };
  /** @default - one of its own */
  readonly role?: IRole;
}

/** Starts a function at a rate: the schedule, and the role that it does so with. */
export function scheduleFunction(scope: Construct, props: FunctionScheduleProps): CfnSchedule {
  const { name, handler, retries } = props;
  const role = props.role ?? scheduleRole(scope, `Starts ${name}`, handler);
  const schedule = new CfnSchedule(scope, 'Schedule', {
    name,
    description: props.description,
    scheduleExpression: props.expression,
    ...(props.enabled === false ? { state: 'DISABLED' } : {}),
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: handler.functionArn,
      roleArn: role.roleArn,
      input: props.input ?? '{}',
      retryPolicy: {
        maximumRetryAttempts: retries.attempts,
        maximumEventAgeInSeconds: retries.withinSeconds,
      },
    },
  });
  schedule.overrideLogicalId(props.logicalId);
  return schedule;
}

/** A role that EventBridge's scheduler starts one function with. */
export function scheduleRole(scope: Construct, description: string, handler: IFunction): Role {
  return new Role(scope, 'ScheduleRole', {
    description,
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
    inlinePolicies: {
      Schedule: new PolicyDocument({
        statements: [
          new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [handler.functionArn] }),
        ],
      }),
    },
  });
}

/** Of whole minutes: `rate(1 minute)`. */
export function rateOf(seconds: number): string {
  const minutes = seconds / 60;
  return `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`;
}
