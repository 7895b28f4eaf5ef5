import { Arn, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** Where a service puts network interfaces on behalf of a role. */
export interface NetworkInterfacePlace {
  readonly stack: Stack;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** Statements that let a role's service reach into the VPC: the event source's pollers, or a Glue job's workers. */
export function networkInterfaceStatements(place: NetworkInterfacePlace): PolicyStatement[] {
  const ec2 = (resource: string, name: string) =>
    Arn.format({ service: 'ec2', resource, resourceName: name }, place.stack);
  return [
    // EC2 describes take no resource.
    new PolicyStatement({
      actions: [
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcAttribute',
        'ec2:DescribeVpcEndpoints',
        'ec2:DescribeVpcs',
      ],
      resources: ['*'],
    }),
    new PolicyStatement({
      actions: ['ec2:CreateNetworkInterface'],
      resources: [
        ec2('network-interface', '*'),
        ...place.subnetIds.map((id) => ec2('subnet', id)),
        ...place.securityGroupIds.map((id) => ec2('security-group', id)),
      ],
    }),
    // Lambda checks this one against `*/*` of the account when the mapping is made, and refuses a narrower pattern.
    new PolicyStatement({ actions: ['ec2:DeleteNetworkInterface'], resources: [ec2('*', '*')] }),
  ];
}
