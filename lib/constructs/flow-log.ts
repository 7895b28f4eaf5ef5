import { Stack } from 'aws-cdk-lib';
import { CfnFlowLog } from 'aws-cdk-lib/aws-ec2';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { StageLogGroup } from './stage-log-group.ts';

export interface FlowLogProps {
  readonly stage: Stage;
  readonly key: IKey;
  readonly vpcId: string;
}

/** Who spoke to whom in the VPC, let through or not. */
export class FlowLog extends Construct {
  constructor(scope: Construct, id: string, props: FlowLogProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const logGroup = new StageLogGroup(this, 'Logs', {
      stage: props.stage,
      key: props.key,
      logGroupName: `/millrace/${props.stage.name}/flow-logs`,
    });
    const role = new Role(this, 'Role', {
      description: 'Flow logs of the VPC',
      assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: {
            'aws:SourceArn': stack.formatArn({ service: 'ec2', resource: 'vpc-flow-log', resourceName: '*' }),
          },
        },
      }),
      inlinePolicies: {
        FlowLogs: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
              // Ends in `:*`: the group and its streams.
              resources: [logGroup.logGroupArn],
            }),
          ],
        }),
      },
    });
    new CfnFlowLog(this, 'FlowLog', {
      resourceType: 'VPC',
      resourceId: props.vpcId,
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logGroupName: logGroup.logGroupName,
      deliverLogsPermissionArn: role.roleArn,
    });
  }
}
