import { Arn, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** What looks around in the VPC before it puts network interfaces there, by what it looks for. */
const described = {
  /** A function in the VPC. */
  function: ['NetworkInterfaces', 'Subnets'],
  /** The pollers of an event source mapping from MSK. */
  pollers: ['NetworkInterfaces', 'SecurityGroups', 'Subnets', 'Vpcs'],
  /** The workers of a Glue job that has a connection. */
  glue: ['NetworkInterfaces', 'RouteTables', 'SecurityGroups', 'Subnets', 'VpcAttribute', 'VpcEndpoints'],
} as const;

/** Where a service puts network interfaces on behalf of a role. */
export interface NetworkInterfacePlace {
  readonly stack: Stack;
  readonly of: keyof typeof described;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** Statements that let a role's service reach into the VPC, each no further than it must. */
export function networkInterfaceStatements(place: NetworkInterfacePlace): PolicyStatement[] {
  const ec2 = (resource: string, name: string) =>
    Arn.format({ service: 'ec2', resource, resourceName: name }, place.stack);
  return [
    // EC2 describes take no resource.
    new PolicyStatement({
      actions: described[place.of].map((what) => `ec2:Describe${what}`),
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
    // AWS lists them among what an own policy of a function in a VPC must have.
    ...(place.of === 'function'
      ? [
          new PolicyStatement({
            actions: ['ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
            resources: [ec2('network-interface', '*')],
          }),
        ]
      : []),
    new PolicyStatement({
      actions: ['ec2:DeleteNetworkInterface'],
      // Lambda checks this one against `*/*` of the account when the mapping is made, and refuses a narrower pattern.
      resources: [place.of === 'glue' ? ec2('network-interface', '*') : ec2('*', '*')],
    }),
  ];
}
