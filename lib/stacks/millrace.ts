import {
  App,
  type AppProps,
  Aspects,
  DefaultStackSynthesizer,
  type Environment,
  type IStackSynthesizer,
  PermissionsBoundary,
  Tags,
} from 'aws-cdk-lib';
import { AlarmActions } from '../constructs/alarm-actions.ts';
import { bronzeReplicaOf } from '../constructs/bronze-replica.ts';
import { replicationAlarm } from '../constructs/bronze-replication.ts';
import { emrFailures } from '../constructs/job-failures.ts';
import { costTag } from '../constructs/stage-budget.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Releases } from '../contract/release.ts';
import type { Stage } from '../stages.ts';
import { AlertsStack } from './alerts.ts';
import { AnalyticsStack } from './analytics.ts';
import { IngestStack } from './ingest.ts';
import { LakeStack } from './lake.ts';
import { NetworkStack } from './network.ts';
import { ProcessStack } from './process.ts';
import { ReplicaStack } from './replica.ts';
import { StreamStack } from './stream.ts';

/** Behaviour of the CDK that templates depend on: fixed here, so that the CLI, tests and the mirror synthesise alike. */
const featureFlags = {
  '@aws-cdk/aws-iam:minimizePolicies': true,
  // Exports and imports: a value that another stack uses cannot be taken away from under it.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
};

/** A CDK app with the project's flags and without the metadata resource. */
export function millraceApp(props: AppProps = {}): App {
  return new App({
    ...props,
    analyticsReporting: false,
    context: { ...featureFlags, ...props.context },
  });
}

export interface MillraceProps {
  readonly stage: Stage;
  readonly manifests: readonly Manifest[];
  /** What is deployed of the datasets, by name: columns of their tables keep their ids. */
  readonly releases?: Releases;
  /** Account and region. @default - wherever the credentials lead */
  readonly env?: Environment | undefined;
}

/** The stacks of a stage, by id. */
export interface MillraceStacks {
  readonly Lake: LakeStack;
  readonly Alerts: AlertsStack;
  readonly Network: NetworkStack;
  readonly Stream: StreamStack;
  readonly Ingest: IngestStack;
  readonly Process: ProcessStack;
  readonly Analytics: AnalyticsStack;
  /** Only of a stage with a `replicaRegion`. */
  readonly Replica?: ReplicaStack;
}

/** Adds the stacks of a stage to the app. */
export function addMillrace(app: App, props: MillraceProps): MillraceStacks {
  const { stage, manifests } = props;

  const common = (part: string, description: string) => ({
    stackName: `millrace-${stage.name}-${part}`,
    description: `Millrace ${stage.name}: ${description}`,
    // The CLI checks the bootstrap version itself; the rule would bring a parameter to every template.
    synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) as IStackSynthesizer,
    terminationProtection: stage.removal === 'retain',
    ...(props.env === undefined ? {} : { env: props.env }),
    ...(stage.permissionsBoundary === null
      ? {}
      : { permissionsBoundary: PermissionsBoundary.fromName(stage.permissionsBoundary) }),
    stage,
  });

  const lake = new LakeStack(app, 'Lake', {
    ...common('lake', 'buckets, key and tables'),
    manifests,
    releases: props.releases,
  });
  const { key } = lake;
  const alerts = new AlertsStack(app, 'Alerts', { ...common('alerts', 'who is told of alarms'), key });
  const replica = bronzeReplicaOf(stage);
  const copy =
    replica === undefined
      ? undefined
      : new ReplicaStack(app, 'Replica', {
          ...common('replica', 'copy of bronze in another region'),
          env: { account: replica.account, region: replica.region },
          replica,
          manifests,
        });
  if (replica !== undefined && copy !== undefined) {
    // S3 copies only to a bucket that is there.
    lake.addStackDependency(copy);
    replicationAlarm(alerts, { stage, bronze: lake.buckets.bronze, replica });
  }
  const network = new NetworkStack(app, 'Network', {
    ...common('network', 'subnets, endpoints and security groups'),
    key,
  });
  const stream = new StreamStack(app, 'Stream', {
    ...common('stream', 'Kafka brokers and topics'),
    key,
    subnets: network.subnets,
    securityGroup: network.brokers,
    manifests,
    releases: props.releases,
  });
  const ingest = new IngestStack(app, 'Ingest', {
    ...common('ingest', 'Kafka to bronze'),
    clusterArn: stream.clusterArn,
    subnets: network.subnets,
    securityGroup: network.brokers,
    clients: network.jobs,
    buckets: lake.buckets,
    key,
    manifests,
  });
  const process = new ProcessStack(app, 'Process', {
    ...common('process', 'Kafka to silver to gold'),
    clusterArn: stream.clusterArn,
    database: lake.database,
    subnet: network.jobSubnet,
    subnets: network.subnets,
    securityGroup: network.jobs,
    buckets: lake.buckets,
    key,
    manifests,
  });
  const analytics = new AnalyticsStack(app, 'Analytics', {
    ...common('analytics', 'workgroup, named queries and audits'),
    database: lake.database,
    buckets: lake.buckets,
    key,
    manifests,
  });

  // References say only that the cluster and the buckets come first. Topics and tables must too: a mapping is
  // checked against its topic, a job reads its tables.
  ingest.addStackDependency(stream);
  ingest.addStackDependency(lake);
  process.addStackDependency(stream);
  process.addStackDependency(lake);
  analytics.addStackDependency(lake);
  // The first audit runs as soon as it is scheduled, and asks Kafka through a function.
  analytics.addStackDependency(ingest);

  if (process.applicationId !== undefined)
    alerts.jobFailures(process, emrFailures(stage.name, process.applicationId));

  Aspects.of(app).add(new AlarmActions(alerts.topic));
  Tags.of(app).add('project', 'millrace');
  Tags.of(app).add('stage', stage.name);
  Tags.of(app).add(costTag, stage.name);
  return {
    Lake: lake,
    Alerts: alerts,
    Network: network,
    Stream: stream,
    Ingest: ingest,
    Process: process,
    Analytics: analytics,
    ...(copy === undefined ? {} : { Replica: copy }),
  };
}
