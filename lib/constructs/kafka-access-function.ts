import { CfnOutput, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';
import { bundledFunction } from './bundled-function.ts';
import { kafkaArn, landingGroup } from './kafka-access.ts';
import { networkInterfaceStatements } from './network-interfaces.ts';

/** A wait for the broker, and a look into a few holes of offsets. */
const timeoutSeconds = 60;
/** A request of 6 MB, decoded and compressed. */
const memoryMiB = 512;
/** The audits of an hour and a few commands; each holds a connection to the brokers, which smallest ones have few of. */
const mostAtOnce = 10;
/** Groups that the function makes and removes again, to look into holes of offsets (see lambdas/kafka-access). */
const readingGroups = 'millrace-audit-*';

export interface KafkaAccessFunctionProps {
  readonly stage: Stage;
  readonly manifests: readonly Manifest[];
  readonly clusterArn: string;
  readonly key: IKey;
  readonly subnetIds: readonly string[];
  /** One that reaches the brokers and the endpoint of the MSK API. */
  readonly securityGroupId: string;
}

/** Speaks to Kafka for the `millrace` command, which stands outside the VPC: one function a stage. */
export class KafkaAccessFunction extends Construct {
  constructor(scope: Construct, id: string, props: KafkaAccessFunctionProps) {
    super(scope, id);
    const { stage } = props;
    const name = `millrace-${stage.name}-kafka-access`;
    bundledFunction(this, 'Function', {
      stage,
      key: props.key,
      functionName: name,
      description: 'Reads offsets and appends records for the millrace command',
      logicalId: 'KafkaAccess',
      bundle: { entry: 'lambdas/kafka-access/index.ts', folder: ['kafka-access'], files: {} },
      role: {
        description: 'Kafka access of the millrace command',
        policy: 'KafkaAccess',
        statements: this.statements(props),
      },
      memoryMiB,
      timeoutSeconds,
      logGroupName: `/millrace/${stage.name}/kafka-access`,
      mostAtOnce,
      // Whoever asked is told of one that failed.
      failing: 'lasting',
      environment: { CLUSTER_ARN: props.clusterArn, POWERTOOLS_SERVICE_NAME: 'kafka-access' },
      network: { subnetIds: props.subnetIds, securityGroupId: props.securityGroupId },
    });
    new CfnOutput(this, 'Name', { value: name }).overrideLogicalId('KafkaAccessFunctionName');
  }

  private statements(props: KafkaAccessFunctionProps): PolicyStatement[] {
    const { clusterArn, manifests, stage } = props;
    const stack = Stack.of(this);
    const arns = (kind: 'topic' | 'group', names: readonly string[]) =>
      names.map((one) => kafkaArn(stack, kind, clusterArn, one));
    const landingGroups = manifests.map((manifest) => landingGroup(stage, manifest));
    const allow = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources });
    return [
      // The last one: an idempotent producer needs it.
      allow(['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'], [clusterArn]),
      allow(
        ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData', 'kafka-cluster:WriteData'],
        arns(
          'topic',
          manifests.map(({ topic }) => topic.name),
        ),
      ),
      allow(['kafka-cluster:DescribeGroup'], arns('group', landingGroups)),
      allow(
        ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup', 'kafka-cluster:DeleteGroup'],
        arns('group', [readingGroups]),
      ),
      // GetBootstrapBrokers knows no resource type.
      allow(['kafka:GetBootstrapBrokers'], ['*']),
      ...networkInterfaceStatements({
        of: 'function',
        stack,
        subnetIds: props.subnetIds,
        securityGroupIds: [props.securityGroupId],
      }),
    ];
  }
}
