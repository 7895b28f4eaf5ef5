import { Stack } from 'aws-cdk-lib';
import {
  CfnVPCEndpoint,
  type IInterfaceVpcEndpointService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

type Runtime = Stage['jobs']['runtime']['kind'];

interface InterfaceEndpointNeed {
  readonly service: IInterfaceVpcEndpointService;
  /** What the jobs run on where it is needed. */
  readonly runtimes: readonly Runtime[];
  /** Who calls the service from inside the VPC, and what for. */
  readonly why: string;
}

/**
 * The services that something in the VPC calls itself, by name; S3 is reached through a gateway. There is no NAT, so
 * what is not listed cannot be reached.
 *
 * Not needed: KMS (S3 and CloudWatch encrypt and decrypt on their side), STS (roles are handed out by the runtimes,
 * and tokens of IAM authentication are signed without a call), CloudWatch metrics (Glue publishes a job's through its
 * own network, EMR Serverless itself), X-Ray and logs of functions (Lambda sends both outside the function's network),
 * and Lambda (provisioned pollers invoke through Lambda's network).
 */
export const interfaceEndpoints: Readonly<Record<'Kafka' | 'Glue' | 'Logs', InterfaceEndpointNeed>> = {
  Kafka: {
    service: InterfaceVpcEndpointAwsService.KAFKA,
    runtimes: ['glue', 'emr-serverless'],
    why: 'jobs and the functions kafka-access and produce ask for the bootstrap brokers',
  },
  Glue: {
    service: InterfaceVpcEndpointAwsService.GLUE,
    runtimes: ['glue', 'emr-serverless'],
    why: 'jobs read and commit Iceberg tables in the Data Catalog; Glue proxies calls to itself, so its own jobs may do without, but nothing here has shown that',
  },
  Logs: {
    service: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    // Glue publishes the logs of its jobs through its own network, whatever the VPC lacks.
    runtimes: ['emr-serverless'],
    why: 'workers of EMR Serverless write the logs of their jobs',
  },
};

/** The rows of the table that a stage needs. */
export function interfaceEndpointsOf({ jobs }: Pick<Stage, 'jobs'>): [string, InterfaceEndpointNeed][] {
  return Object.entries(interfaceEndpoints).filter(([, { runtimes }]) =>
    runtimes.includes(jobs.runtime.kind),
  );
}

export interface NetworkEndpointsProps {
  readonly stage: Stage;
  readonly vpc: IVpc;
  /** Of the interface endpoints, one a zone. */
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  /** Those that lead to S3. */
  readonly routeTableIds: readonly string[];
}

/** The endpoints of a VPC. Only identities of this account pass: keys brought in from elsewhere carry nothing out. */
export class NetworkEndpoints extends Construct {
  constructor(scope: Construct, id: string, props: NetworkEndpointsProps) {
    super(scope, id);
    const { account, region } = Stack.of(this);
    const policy = () =>
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        // What each identity may do, its own policy says.
        actions: ['*'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:PrincipalAccount': account } },
      });

    new CfnVPCEndpoint(this, 'S3', {
      vpcEndpointType: 'Gateway',
      serviceName: `com.amazonaws.${region}.s3`,
      vpcId: props.vpc.vpcId,
      routeTableIds: [...props.routeTableIds],
      policyDocument: new PolicyDocument({ statements: [policy()] }),
    });
    for (const [name, { service }] of interfaceEndpointsOf(props.stage)) {
      const endpoint = new InterfaceVpcEndpoint(this, name, {
        vpc: props.vpc,
        service,
        open: false,
        securityGroups: [props.securityGroup],
        subnets: { subnets: [...props.subnets] },
      });
      endpoint.addToPolicy(policy());
    }
  }
}
