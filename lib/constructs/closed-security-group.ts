import {
  CfnSecurityGroup,
  CfnSecurityGroupEgress,
  type ISecurityGroup,
  type IVpc,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/**
 * A rule that nothing meets. A group without a rule of its own for what goes out gets one from AWS, for everything;
 * rules that are resources beside it come too late. The CDK drops this one as soon as there is another of any form.
 */
const nothing = {
  CidrIp: '255.255.255.255/32',
  IpProtocol: 'icmp',
  FromPort: 252,
  ToPort: 86,
  Description: 'Disallow all traffic',
};

/** A security group that lets nothing out but to groups that are named, and by `openTo`. */
export function closedSecurityGroup(
  scope: Construct,
  id: string,
  { vpc, description }: { readonly vpc: IVpc; readonly description: string },
): ISecurityGroup {
  const group = new SecurityGroup(scope, id, { vpc, description, allowAllOutbound: false });
  const { defaultChild } = group.node;
  if (defaultChild instanceof CfnSecurityGroup)
    defaultChild.addPropertyOverride('SecurityGroupEgress', [nothing]);
  return group as ISecurityGroup;
}

/** Lets a group out to port 443 of a prefix list's addresses; without one, of any. */
export function openTo(
  scope: Construct,
  id: string,
  group: ISecurityGroup,
  rule: { readonly prefixListId?: string | undefined; readonly description: string },
): void {
  const { prefixListId, description } = rule;
  new CfnSecurityGroupEgress(scope, id, {
    groupId: group.securityGroupId,
    ipProtocol: 'tcp',
    fromPort: 443,
    toPort: 443,
    description,
    ...(prefixListId === undefined ? { cidrIp: '0.0.0.0/0' } : { destinationPrefixListId: prefixListId }),
  });
}
