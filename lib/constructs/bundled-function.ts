import { Duration } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { type Failing, functionAlarms } from './function-alarms.ts';
import { bundleFunction, type FunctionBundleProps } from './function-bundle.ts';
import { StageLogGroup } from './stage-log-group.ts';

/** Namespace of the metrics that functions publish. */
export const metricsNamespace = 'Millrace';

export interface BundledFunctionProps {
  readonly stage: Stage;
  /** Encrypts the log and the environment. */
  readonly key: IKey;
  readonly functionName: string;
  readonly description: string;
  /** Does not follow the construct tree: another function in place of this one would lose its log and its settings. */
  readonly logicalId: string;
  readonly bundle: FunctionBundleProps;
  /** What the function's own work needs. Logs, traces, the environment and the VPC's interfaces are added. */
  readonly role: {
    readonly description: string;
    /** Name of the one inline document. */
    readonly policy: string;
    readonly statements: readonly PolicyStatement[];
  };
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly logGroupName: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Executions at once, at most: reserved, where the stage's account has some to reserve. */
  readonly mostAtOnce: number;
  /** Which errors are told. */
  readonly failing: Failing;
  /** @default - outside the VPC */
  readonly network?: { readonly subnetIds: readonly string[]; readonly securityGroupId: string };
}

/**
 * A function of this project: one module on Node 24 and ARM, with a role of its own, a JSON log in a group of its own,
 * an encrypted environment, traces, bounded concurrency, and alarms on errors and throttles. The role and the log group
 * are made in `scope` as `Role` and `Logs`.
 */
export function bundledFunction(scope: Construct, id: string, props: BundledFunctionProps): LambdaFunction {
  const { stage, key, network } = props;
  const logGroup = new StageLogGroup(scope, 'Logs', { stage, key, logGroupName: props.logGroupName });
  const made = new LambdaFunction(scope, id, {
    functionName: props.functionName,
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: Code.fromAsset(bundleFunction(scope, props.bundle)),
    role: functionRole(scope, props, logGroup),
    memorySize: props.memoryMiB,
    timeout: Duration.seconds(props.timeoutSeconds),
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    environment: { ...props.environment },
    environmentEncryption: key,
    ...(stage.functions.reserveConcurrency ? { reservedConcurrentExecutions: props.mostAtOnce } : {}),
  });
  const resource = made.node.defaultChild as CfnFunction;
  resource.overrideLogicalId(props.logicalId);
  // Both are given to the resource: the construct would add policies of its own to the role.
  if (stage.functions.tracing) resource.tracingConfig = { mode: 'Active' };
  if (network !== undefined)
    resource.vpcConfig = { subnetIds: [...network.subnetIds], securityGroupIds: [network.securityGroupId] };
  functionAlarms(scope, {
    functionName: props.functionName,
    logicalId: props.logicalId,
    logGroupName: props.logGroupName,
    failing: props.failing,
  });
  return made;
}

/** One inline document: the role is whole before the function that has it, and so before what invokes that. */
function functionRole(scope: Construct, props: BundledFunctionProps, logGroup: StageLogGroup): Role {
  const { stage, key, role } = props;
  return new Role(scope, 'Role', {
    description: role.description,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      [role.policy]: new PolicyDocument({
        statements: [
          ...role.statements,
          // The ARN of the attribute ends in `:*`, so it covers the group's streams.
          new PolicyStatement({
            actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [logGroup.logGroupArn],
          }),
          // Lambda decrypts the environment as the function's role.
          new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }),
          ...(stage.functions.tracing ? [traces()] : []),
        ],
      }),
    },
  });
}

function traces(): PolicyStatement {
  return new PolicyStatement({
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    // X-Ray knows no resource for them.
    resources: ['*'],
  });
}
