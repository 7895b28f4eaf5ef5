import {
  type CloudFormationClient,
  paginateDescribeStacks,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import type { MillraceStacks } from '../../../lib/stacks/millrace.ts';

/** Where a stack of a stage is: in the stage's own region, or in that of its copy. */
export type Place = 'own' | 'copy';

/** The stacks that the app knows, by id. What else has a name like theirs is another's. */
const places: Readonly<Record<keyof MillraceStacks, Place>> = {
  Lake: 'own',
  Alerts: 'own',
  Network: 'own',
  Stream: 'own',
  Ingest: 'own',
  Process: 'own',
  Analytics: 'own',
  Replica: 'copy',
};

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

/** The stacks of a stage in the client's region, which is `place` to it. Throws what the service throws. */
export async function deployedStacks(
  client: CloudFormationClient,
  stage: string,
  place: Place,
): Promise<DeployedStack[]> {
  const ids = Object.entries(places).filter(([, where]) => where === place);
  const idOf = new Map(ids.map(([id]) => [`millrace-${stage}-${id.toLowerCase()}`, id]));
  const found: DeployedStack[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {}))
    for (const stack of Stacks) {
      const id = idOf.get(stack.StackName ?? '');
      if (id !== undefined) found.push(described(stack, id));
    }
  return found;
}

function described({ StackName = '', StackId = '', ...stack }: Stack, id: string): DeployedStack {
  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
  const [, , , region = '', account = ''] = StackId.split(':');
  const outputs = (stack.Outputs ?? []).map(
    ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
  );
  return {
    name: StackName,
    id,
    account,
    region,
    terminationProtection: stack.EnableTerminationProtection ?? false,
    buckets: Object.fromEntries(outputs.filter(([key]) => key.endsWith('BucketName'))),
  };
}
