import type { Json } from '../template/template.ts';
import { arn, physicalName, physicalUuid } from './naming.ts';
import { reader } from './properties.ts';
import type { Context, Provider } from './resource.ts';

/** A resource type that a local run needs nothing of: why, and what references to it answer. */
export interface NothingLocal {
  readonly reason: string;
  /** Property that names it. @default - a name of CloudFormation's form */
  readonly name?: string;
  /** Ref, of the name and the ARN. @default - the name */
  readonly ref?: (of: Identity) => string;
  /** Service and resource part of its ARN. */
  readonly arn?: {
    readonly service: string;
    readonly resource: (name: string) => string;
    readonly global?: boolean;
  };
  /** Fn::GetAtt besides Arn. */
  readonly attributes?: (of: Identity) => Readonly<Record<string, Json>>;
}

interface Identity {
  readonly name: string;
  readonly arn: string;
  readonly uuid: string;
  readonly context: Context;
}

const PERMISSION = 'nothing is refused locally; tests of the templates hold the permissions';
const NETWORK = 'every local server is on the loopback address';
const WATCH = 'no metrics are gathered locally; the logs are files';
const ENCRYPTION = "local data is the user's own and goes with the state folder";

const network = (prefix: string, attributes?: NothingLocal['attributes']): NothingLocal => ({
  reason: NETWORK,
  ref: ({ uuid }) => `${prefix}-${uuid.replaceAll('-', '').slice(0, 17)}`,
  ...(attributes === undefined ? {} : { attributes }),
});
const shortId = (prefix: string, { uuid }: Identity): string =>
  `${prefix}-${uuid.replaceAll('-', '').slice(0, 17)}`;

/** The table. A type that is neither here nor in the providers stops the run. */
export const NOTHING_LOCAL: Readonly<Record<string, NothingLocal>> = {
  'AWS::CDK::Metadata': { reason: 'tells AWS which constructs were used' },
  'AWS::IAM::Role': {
    reason: PERMISSION,
    name: 'RoleName',
    arn: { service: 'iam', resource: (name) => `role/${name}`, global: true },
    attributes: ({ uuid }) => ({ RoleId: `AROA${uuid.replaceAll('-', '').slice(0, 17).toUpperCase()}` }),
  },
  'AWS::IAM::Policy': { reason: PERMISSION, name: 'PolicyName' },
  'AWS::IAM::ManagedPolicy': {
    reason: PERMISSION,
    name: 'ManagedPolicyName',
    ref: (of) => of.arn,
    arn: { service: 'iam', resource: (name) => `policy/${name}`, global: true },
  },
  'AWS::LakeFormation::PrincipalPermissions': { reason: PERMISSION },
  'AWS::LakeFormation::Resource': { reason: PERMISSION },
  'AWS::Lambda::Permission': { reason: PERMISSION },
  'AWS::S3::BucketPolicy': { reason: PERMISSION },
  'AWS::MSK::ClusterPolicy': { reason: PERMISSION },
  'AWS::SQS::QueuePolicy': { reason: PERMISSION },
  'AWS::Logs::ResourcePolicy': { reason: PERMISSION },
  'AWS::SNS::Topic': {
    reason: WATCH,
    name: 'TopicName',
    ref: (of) => of.arn,
    arn: { service: 'sns', resource: (name) => name },
    attributes: (of) => ({ TopicArn: of.arn, TopicName: of.name }),
  },
  'AWS::SNS::Subscription': { reason: WATCH },
  'AWS::SNS::TopicPolicy': { reason: PERMISSION },
  'AWS::Events::Rule': {
    reason: 'it tells of job runs that failed; local jobs say so themselves, see `millrace status`',
    name: 'Name',
    arn: { service: 'events', resource: (name) => `rule/${name}` },
  },
  'AWS::Budgets::Budget': { reason: 'nothing is paid for locally' },
  'AWS::KMS::Key': {
    reason: ENCRYPTION,
    ref: ({ uuid }) => uuid,
    arn: { service: 'kms', resource: (name) => `key/${name}` },
    attributes: ({ uuid, context }) => ({ KeyId: uuid, Arn: arn(context, 'kms', `key/${uuid}`) }),
  },
  'AWS::KMS::Alias': { reason: ENCRYPTION, name: 'AliasName' },
  'AWS::Glue::SecurityConfiguration': { reason: ENCRYPTION, name: 'Name' },
  'AWS::EC2::VPC': network('vpc', (of) => ({
    VpcId: shortId('vpc', of),
    CidrBlock: '10.0.0.0/16',
    DefaultSecurityGroup: shortId('sg', of),
    DefaultNetworkAcl: shortId('acl', of),
    CidrBlockAssociations: [],
    Ipv6CidrBlocks: [],
  })),
  'AWS::EC2::Subnet': network('subnet', (of) => ({
    SubnetId: shortId('subnet', of),
    AvailabilityZone: `${of.context.local.region}a`,
    Ipv6CidrBlocks: [],
  })),
  'AWS::EC2::RouteTable': network('rtb', (of) => ({ RouteTableId: shortId('rtb', of) })),
  'AWS::EC2::SubnetRouteTableAssociation': network('rtbassoc'),
  'AWS::EC2::Route': network('route'),
  'AWS::EC2::InternetGateway': network('igw'),
  'AWS::EC2::VPCGatewayAttachment': network('attachment'),
  'AWS::EC2::SecurityGroup': network('sg', (of) => ({
    GroupId: shortId('sg', of),
    Id: shortId('sg', of),
    VpcId: shortId('vpc', of),
  })),
  'AWS::EC2::SecurityGroupIngress': network('sgr'),
  'AWS::EC2::SecurityGroupEgress': network('sgr'),
  'AWS::EC2::VPCEndpoint': network('vpce', (of) => ({
    Id: shortId('vpce', of),
    DnsEntries: [],
    NetworkInterfaceIds: [],
  })),
  'AWS::EC2::FlowLog': network('fl'),
  'AWS::EC2::NetworkAcl': network('acl'),
  'AWS::Glue::Connection': { reason: NETWORK },
  'AWS::MSK::Configuration': {
    reason: 'the local broker has settings of its own size; topics carry theirs',
    name: 'Name',
    ref: (of) => of.arn,
    arn: { service: 'kafka', resource: (name) => `configuration/${name}/local-1` },
    attributes: () => ({ 'LatestRevision.Revision': 1 }),
  },
  'AWS::Logs::LogGroup': {
    reason: 'logs are files in the state folder',
    name: 'LogGroupName',
    arn: { service: 'logs', resource: (name) => `log-group:${name}:*` },
  },
  'AWS::Logs::MetricFilter': { reason: WATCH },
  'AWS::CloudWatch::Alarm': {
    reason: WATCH,
    name: 'AlarmName',
    arn: { service: 'cloudwatch', resource: (name) => `alarm:${name}` },
  },
  'AWS::CloudWatch::CompositeAlarm': {
    reason: WATCH,
    name: 'AlarmName',
    arn: { service: 'cloudwatch', resource: (name) => `alarm:${name}` },
  },
  'AWS::CloudWatch::Dashboard': { reason: WATCH, name: 'DashboardName' },
  'AWS::Lambda::EventInvokeConfig': {
    reason: 'nothing invokes functions asynchronously but schedules, and those try once',
  },
  'AWS::Glue::Registry': {
    reason: 'the registry is a catalogue; records carry no schema id',
    name: 'Name',
    ref: (of) => of.arn,
    arn: { service: 'glue', resource: (name) => `registry/${name}` },
  },
  'AWS::Glue::Schema': {
    reason: 'the registry is a catalogue; records carry no schema id',
    name: 'Name',
    ref: (of) => of.arn,
    arn: { service: 'glue', resource: (name) => `schema/${name}` },
    attributes: ({ uuid }) => ({ InitialSchemaVersionId: uuid }),
  },
  'AWS::Glue::SchemaVersion': {
    reason: 'the registry is a catalogue; records carry no schema id',
    ref: ({ uuid }) => uuid,
    attributes: ({ uuid }) => ({ VersionId: uuid }),
  },
};

/** The provider of a type in the table: makes nothing and answers references. */
export function nothingLocal(row: NothingLocal): Provider {
  return {
    needs: [],
    async create(context, properties, logicalId) {
      const given = row.name === undefined ? undefined : reader(properties, logicalId).optionalText(row.name);
      const name = given ?? physicalName(context.stack.name, logicalId);
      const uuid = physicalUuid(context.stack.name, logicalId);
      const own =
        row.arn === undefined
          ? ''
          : arn(context, row.arn.service, row.arn.resource(name), row.arn.global !== true);
      const identity = { name, uuid, context, arn: own };
      return {
        id: row.ref?.(identity) ?? name,
        attributes: { ...(own === '' ? {} : { Arn: own }), ...row.attributes?.(identity) },
      };
    },
  };
}
