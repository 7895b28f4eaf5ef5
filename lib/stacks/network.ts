import { Fn, Stack, type StackProps } from 'aws-cdk-lib';
import {
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { closedSecurityGroup, openTo } from '../constructs/closed-security-group.ts';
import { FlowLog } from '../constructs/flow-log.ts';
import { NetworkEndpoints } from '../constructs/network-endpoints.ts';
import { zoneNamesOf, zonesOf } from '../stage-settings.ts';
import type { Stage } from '../stages.ts';

/** Where MSK listens for clients that authenticate by IAM. */
const iamPort = Port.tcp(9098);
const https = Port.tcp(443);

type Network<Kind> = Extract<Stage['network'], { kind: Kind }>;

export interface NetworkStackProps extends StackProps {
  readonly stage: Stage;
  readonly key: IKey;
}

/** A VPC, made for the stage or there already, its endpoints, and who may talk to whom. */
export class NetworkStack extends Stack {
  readonly vpc: IVpc;
  /** Private ones, one a zone. */
  readonly subnets: readonly ISubnet[];
  /** Of the Glue connection, which has but one. */
  readonly jobSubnet: ISubnet;
  readonly brokers: ISecurityGroup;
  readonly jobs: ISecurityGroup;
  private readonly zones: readonly string[] | undefined;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    const { stage } = props;
    const { network } = stage;
    this.zones = zoneNamesOf(stage) ?? firstZones(zonesOf(stage));

    this.vpc = network.kind === 'own' ? this.ownVpc(props) : this.existingVpc(network);
    this.subnets = this.vpc.isolatedSubnets;
    const [first] = this.vpc.isolatedSubnets as [ISubnet, ...ISubnet[]];
    this.jobSubnet = first;

    this.jobs = this.group('Jobs', 'Spark jobs, and functions that speak to Kafka');
    // Glue demands that its workers reach one another on every port.
    this.jobs.addIngressRule(this.jobs, Port.allTcp(), 'workers among themselves');
    this.jobs.addEgressRule(this.jobs, Port.allTcp(), 'workers among themselves');

    this.brokers = this.brokersOf(stage);
    this.brokers.addIngressRule(this.jobs, iamPort, 'jobs to brokers');
    this.jobs.addEgressRule(this.brokers, iamPort, 'jobs to brokers');

    this.wayOut(stage);
  }

  private ownVpc({ stage, key }: NetworkStackProps): IVpc {
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: zonesOf(stage),
      natGateways: 0,
      // CloudFormation cannot change the rules of a VPC's default group. True would bring a custom resource that
      // empties it; nothing here stands in that group.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Private', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }],
    });
    new FlowLog(this, 'FlowLog', { stage, key, vpcId: vpc.vpcId });
    return vpc as IVpc;
  }

  /** By id and not by look-up, so that synth needs no credentials. Its flow logs are its owner's. */
  private existingVpc(network: Network<'existing'>): IVpc {
    return Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: network.vpcId,
      availabilityZones: network.subnets.map(({ zone }) => zone),
      isolatedSubnetIds: network.subnets.map(({ subnetId }) => subnetId),
    });
  }

  /**
   * The pollers of an event source mapping stand in the brokers' own group, so it lets itself in. Of an existing
   * cluster that rule is its owner's, as every mapping demands it: made here too, it would be refused as a duplicate.
   */
  private brokersOf({ kafka }: Stage): ISecurityGroup {
    if (kafka.kind === 'existing')
      return SecurityGroup.fromSecurityGroupId(this, 'Brokers', kafka.securityGroupId);
    const brokers = this.group(
      'Brokers',
      'MSK brokers, and the event source pollers that Lambda puts beside them',
    );
    brokers.addIngressRule(brokers, iamPort, 'pollers to brokers');
    brokers.addEgressRule(brokers, iamPort, 'pollers to brokers');
    return brokers;
  }

  /**
   * The way to AWS of the jobs, and of pollers. The brokers need none, as MSK has its own; provisioned pollers need none
   * to Lambda, but they write what the landing gave up on to S3 from beside the brokers, out of the brokers' group. That
   * group's way out is its owner's where the cluster was there.
   */
  private wayOut(stage: Stage): void {
    const { network, kafka } = stage;
    if (kafka.kind !== 'existing') {
      const prefixListId = s3PrefixListOf(network);
      openTo(this, 'PollersOut', this.brokers, { prefixListId, description: 'pollers to S3' });
    }
    if (network.kind === 'own') {
      const routeTableIds = this.subnets.map(({ routeTable }) => routeTable.routeTableId);
      this.endpoints(stage, routeTableIds, this.subnets.slice(0, network.endpointZones));
    } else if (network.endpoints === 'present') {
      // Which groups the endpoints have that are there, nothing says here.
      openTo(this, 'JobsOut', this.jobs, { description: 'jobs to the endpoints of the VPC' });
    } else this.endpoints(stage, network.endpoints.routeTableIds, this.subnets);
  }

  private endpoints(stage: Stage, routeTableIds: readonly string[], subnets: readonly ISubnet[]): void {
    const services = this.group('Endpoints', 'Interface endpoints of AWS services');
    services.addIngressRule(this.jobs, https, 'jobs to AWS services');
    this.jobs.addEgressRule(services, https, 'jobs to AWS services');
    // S3 is reached through a gateway endpoint at its public addresses. AWS keeps them as a prefix list, whose id
    // differs by region and which a template cannot look up: where the settings do not name it, the port is open to
    // any address. Of a VPC made here, routes lead to S3 alone.
    const prefixListId = s3PrefixListOf(stage.network);
    openTo(this, 'JobsOut', this.jobs, { prefixListId, description: 'jobs to S3' });
    new NetworkEndpoints(this, 'Services', {
      stage,
      vpc: this.vpc,
      subnets,
      securityGroup: services,
      routeTableIds,
    });
  }

  private group(name: string, description: string): ISecurityGroup {
    return closedSecurityGroup(this, name, { vpc: this.vpc, description });
  }

  /** By name or by number and not by look-up, so that synth needs neither a network nor credentials. */
  override get availabilityZones(): string[] {
    // The CDK may ask before there are settings.
    return [...(this.zones ?? firstZones(3))];
  }
}

/** Of the region that it is deployed to. */
function firstZones(count: number): string[] {
  return Array.from({ length: count }, (_, index) => Fn.select(index, Fn.getAzs()));
}

function s3PrefixListOf(network: Stage['network']): string | undefined {
  if (network.kind === 'own') return network.s3PrefixListId;
  return network.endpoints === 'present' ? undefined : network.endpoints.s3PrefixListId;
}
