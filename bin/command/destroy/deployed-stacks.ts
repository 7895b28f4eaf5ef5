import {
  type CloudFormationClient,
  paginateDescribeStacks,
  type Stack,
} from '@aws-sdk/client-cloudformation';

/** A stack of a stage, as CloudFormation tells of it. */
export interface DeployedStack {
  readonly name: string;
  /** Its id in the CDK app: `Lake` of `millrace-dev-lake`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly terminationProtection: boolean;
  /** Names of buckets, by the output that tells them: `BronzeBucketName`. */
  readonly buckets: Readonly<Record<string, string>>;
}

/** The stacks of a stage in the client's region. Throws what the service throws. */
export async function deployedStacks(client: CloudFormationClient, stage: string): Promise<DeployedStack[]> {
  const prefix = `millrace-${stage}-`;
  const found: DeployedStack[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {}))
    found.push(
      ...Stacks.filter(({ StackName = '' }) => StackName.startsWith(prefix)).map((stack) =>
        described(stack, prefix),
      ),
    );
  return found;
}

function described({ StackName = '', StackId = '', ...stack }: Stack, prefix: string): DeployedStack {
  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
  const [, , , region = '', account = ''] = StackId.split(':');
  const part = StackName.slice(prefix.length);
  const outputs = (stack.Outputs ?? []).map(
    ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
  );
  return {
    name: StackName,
    id: `${part.charAt(0).toUpperCase()}${part.slice(1)}`,
    account,
    region,
    terminationProtection: stack.EnableTerminationProtection ?? false,
    buckets: Object.fromEntries(outputs.filter(([key]) => key.endsWith('BucketName'))),
  };
}
