import { Fn, Stack, type StackProps } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService,
  type IInterfaceVpcEndpointService,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { zonesOf } from '../stage-settings.ts';
import type { Stage } from '../stages.ts';

/** Where MSK listens for clients that authenticate by IAM. */
const iamPort = Port.tcp(9098);
const https = Port.tcp(443);

/** What the jobs call besides S3. There is no NAT, so what is not listed cannot be reached. */
const endpoints: Readonly<Record<string, IInterfaceVpcEndpointService>> = {
  Glue: InterfaceVpcEndpointAwsService.GLUE,
  Kafka: InterfaceVpcEndpointAwsService.KAFKA,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Monitoring: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
};

export interface NetworkStackProps extends StackProps {
  readonly stage: Stage;
  readonly key: IKey;
}

/** A VPC of isolated subnets, the endpoints its jobs need, and who may talk to whom. */
export class NetworkStack extends Stack {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** Of the Glue connection, which has but one. */
  readonly jobSubnet: ISubnet;
  readonly brokers: ISecurityGroup;
  readonly jobs: ISecurityGroup;
  private readonly zones: number;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    const { stage } = props;
    this.zones = zonesOf(stage);

    this.vpc = new Vpc(this, 'Vpc', {
      maxAzs: zonesOf(stage),
      natGateways: 0,
      // True would bring a custom resource that empties the default group; nothing here uses that group.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Private', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }],
    }) as IVpc;
    this.subnets = this.vpc.isolatedSubnets;
    this.jobSubnet = this.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED })
      .subnets[0] as ISubnet;

    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, {
        vpc: this.vpc,
        description,
        allowAllOutbound: false,
      }) as ISecurityGroup;
    this.brokers = group('Brokers', 'MSK brokers, and the event source pollers that Lambda puts beside them');
    this.jobs = group('Jobs', 'Spark jobs');
    const services = group('Endpoints', 'Interface endpoints of AWS services');

    // The pollers of an event source mapping use the brokers' own group.
    this.brokers.addIngressRule(this.brokers, iamPort, 'pollers to brokers');
    this.brokers.addEgressRule(this.brokers, iamPort, 'pollers to brokers');
    this.brokers.addIngressRule(this.jobs, iamPort, 'jobs to brokers');
    this.jobs.addEgressRule(this.brokers, iamPort, 'jobs to brokers');
    // Glue demands that its workers reach one another on every port.
    this.jobs.addIngressRule(this.jobs, Port.allTcp(), 'workers among themselves');
    this.jobs.addEgressRule(this.jobs, Port.allTcp(), 'workers among themselves');
    services.addIngressRule(this.jobs, https, 'jobs to AWS services');
    // S3 is reached through a gateway endpoint whose prefix list a template cannot name; the subnets have no
    // other way out.
    for (const client of [this.brokers, this.jobs])
      client.addEgressRule(Peer.anyIpv4(), https, 'S3 and endpoints');

    this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    for (const [name, service] of Object.entries(endpoints))
      this.vpc.addInterfaceEndpoint(name, {
        service,
        open: false,
        securityGroups: [services],
        subnets: {
          subnets: this.vpc.isolatedSubnets.slice(
            0,
            stage.network.kind === 'own' ? stage.network.endpointZones : 1,
          ),
        },
      });
  }

  /** By number and not by look-up, so that synth needs neither a network nor credentials. */
  override get availabilityZones(): string[] {
    return Array.from({ length: this.zones ?? 3 }, (_, index) => Fn.select(index, Fn.getAzs()));
  }
}
