import { Duration } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundleFunction, type FunctionBundleProps } from './function-bundle.ts';

/** Namespace of the metrics that functions publish. */
export const metricsNamespace = 'Millrace';

export interface BundledFunctionProps {
  readonly functionName: string;
  readonly description: string;
  /** Does not follow the construct tree: another function in place of this one would lose its log and its settings. */
  readonly logicalId: string;
  readonly bundle: FunctionBundleProps;
  readonly role: IRole;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly logGroup: ILogGroup;
  readonly environment: Readonly<Record<string, string>>;
  /** @default - outside the VPC */
  readonly network?: { readonly subnetIds: readonly string[]; readonly securityGroupId: string };
}

/** A function of this project: one module on Node 24 and ARM, whose log is JSON in a group of its own. */
export function bundledFunction(scope: Construct, id: string, props: BundledFunctionProps): LambdaFunction {
  const { network } = props;
  const made = new LambdaFunction(scope, id, {
    functionName: props.functionName,
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: Code.fromAsset(bundleFunction(scope, props.bundle)),
    role: props.role,
    memorySize: props.memoryMiB,
    timeout: Duration.seconds(props.timeoutSeconds),
    logGroup: props.logGroup,
    loggingFormat: LoggingFormat.JSON,
    environment: { ...props.environment },
  });
  const resource = made.node.defaultChild as CfnFunction;
  resource.overrideLogicalId(props.logicalId);
  // Given to the resource: the construct would add a managed policy to the role.
  if (network !== undefined)
    resource.vpcConfig = { subnetIds: [...network.subnetIds], securityGroupIds: [network.securityGroupId] };
  return made;
}
